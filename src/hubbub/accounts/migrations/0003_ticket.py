from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hubbub_accounts", "0002_token_password")]

    operations = [
        migrations.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("user", models.CharField(max_length=255)),
                ("kind", models.CharField(max_length=10)),
                ("grant", models.TextField()),
                ("ends", models.DateTimeField(null=True)),
                ("expires", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
