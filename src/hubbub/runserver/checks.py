"""Django's system check that `manage.py runserver` is ours."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.core.management import get_commands, load_command_class

from hubbub.runserver.management.commands.runserver import Command


@register("hubbub")
def check_order(**_: Any) -> list[CheckMessage]:
    """hubbub.E010: the command of another app comes first. One that builds on ours may."""
    if not apps.is_installed("hubbub.runserver"):
        return []
    provider = get_commands()["runserver"]
    command = load_command_class(provider, "runserver") if isinstance(provider, str) else provider
    if isinstance(command, Command):
        return []
    return [
        Error(
            f"manage.py runserver is that of {provider}, which comes first in INSTALLED_APPS.",
            hint="Put hubbub.runserver before it.",
            id="hubbub.E010",
        )
    ]
