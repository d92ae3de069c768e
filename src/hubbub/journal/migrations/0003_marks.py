from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hubbub_journal", "0002_beginning")]

    operations = [
        migrations.AddField(
            model_name="stream",
            name=name,
            field=models.BigIntegerField(db_default=0, default=0),
        )
        for name in ("last_mark", "mark_before")
    ]
