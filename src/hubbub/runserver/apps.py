"""The app that gives a project its development server: `manage.py runserver`, with sockets."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class RunserverConfig(AppConfig):
    """Goes before `django.contrib.staticfiles`, whose command of that name it replaces."""

    name = "hubbub.runserver"
    label = "hubbub_runserver"
    verbose_name = "Hubbub development server"

    def ready(self) -> None:
        """Have Django check that the command of this app is the one that starts."""
        import_module("hubbub.runserver.checks")
