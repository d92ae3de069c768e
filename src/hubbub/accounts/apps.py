"""Registers the accounts app with Django."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Tokens of users, under the label `hubbub_accounts`."""

    name = "hubbub.accounts"
    label = "hubbub_accounts"
    verbose_name = "Hubbub accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have Django check the settings, end tokens with their users, and log.

        Every project that uses Hubbub has this app.
        """
        from hubbub.accounts.users import tell_of_deleted

        tell_of_deleted()
        import_module("hubbub.checks")
        import_module("hubbub.accounts.checks")
        import_module("hubbub.accounts.owners")
        import_module("hubbub.observe.handler").set_up()
