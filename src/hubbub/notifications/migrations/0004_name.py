from django.db import migrations, models


class Migration(migrations.Migration):
    """The column is renamed in place: the database itself takes the constraints along."""

    dependencies = [("hubbub_notifications", "0003_data")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RenameField("notification", "inbox", "name")],
            state_operations=[
                migrations.RemoveConstraint("notification", "hubbub_notification_seq"),
                migrations.RemoveConstraint("notification", "hubbub_notification_request"),
                migrations.RenameField("notification", "inbox", "name"),
                migrations.AlterField(
                    "notification",
                    "name",
                    models.CharField("inbox", max_length=94, blank=True, default=""),
                ),
                migrations.AddConstraint(
                    "notification",
                    models.UniqueConstraint(fields=("name", "seq"), name="hubbub_notification_seq"),
                ),
                migrations.AddConstraint(
                    "notification",
                    models.UniqueConstraint(
                        fields=("name", "sender", "request_id"),
                        condition=models.Q(request_id__isnull=False),
                        name="hubbub_notification_request",
                    ),
                ),
            ],
        ),
    ]
