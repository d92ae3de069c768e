from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hubbub_accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="token",
            name="password",
            field=models.CharField(
                blank=True,
                default="",
                help_text="A digest of the hash of the password that it ends with; empty: of none.",
                max_length=64,
            ),
        ),
    ]
