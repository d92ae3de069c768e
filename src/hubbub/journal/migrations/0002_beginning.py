from secrets import token_hex
from typing import Any

from django.db import migrations, models


def begin(apps: Any, schema_editor: Any) -> None:
    """What the epochs of streams that begin from now on are made of."""
    beginnings = apps.get_model("hubbub_journal", "Beginning").objects
    beginnings.using(schema_editor.connection.alias).create(id=1, epoch=token_hex(4))


class Migration(migrations.Migration):
    dependencies = [("hubbub_journal", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Beginning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("epoch", models.CharField(max_length=16)),
            ],
            options={"db_table": "hubbub_beginning"},
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
