"""Django's system checks of the settings: `manage.py check` says what is wrong, by number."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from hubbub import conf
from hubbub.errors import SettingError


@register("hubbub")
def check_settings(**_: Any) -> list[CheckMessage]:
    """hubbub.E001: a HUBBUB_ setting is unknown or cannot be used; one error each."""
    try:
        conf.current()
    except SettingError as error:
        return [Error(line, id="hubbub.E001") for line in str(error).splitlines()]
    return []
