"""Registers the accounts app with Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Tokens of users, under the label `hubbub_accounts`."""

    name = "hubbub.accounts"
    label = "hubbub_accounts"
    verbose_name = "Hubbub accounts"
    default_auto_field = "django.db.models.BigAutoField"
