from django.db import migrations, models


class Migration(migrations.Migration):
    """The column is renamed in place: the database itself takes the constraints along."""

    dependencies = [("hubbub_chat", "0002_data")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RenameField("message", "room", "name")],
            state_operations=[
                migrations.RemoveConstraint("message", "hubbub_chat_seq"),
                migrations.RemoveConstraint("message", "hubbub_chat_request"),
                migrations.RenameField("message", "room", "name"),
                migrations.AlterField(
                    "message",
                    "name",
                    models.CharField("room", max_length=64),
                ),
                migrations.AddConstraint(
                    "message",
                    models.UniqueConstraint(fields=("name", "seq"), name="hubbub_chat_seq"),
                ),
                migrations.AddConstraint(
                    "message",
                    models.UniqueConstraint(
                        fields=("name", "sender", "request_id"),
                        condition=models.Q(request_id__isnull=False),
                        name="hubbub_chat_request",
                    ),
                ),
            ],
        ),
    ]
