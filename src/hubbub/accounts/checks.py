"""Django's system checks of who is speaking; `docs/settings.md` has all by number."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from hubbub import conf
from hubbub.accounts.authentication import way_of
from hubbub.errors import SettingError


@register("hubbub")
def check_authentication(**_: Any) -> list[CheckMessage]:
    """hubbub.E002: an entry of HUBBUB_AUTHENTICATION cannot be used; one error each."""
    try:
        names = conf.current().authentication
    except SettingError:
        return []  # hubbub.E001 says it
    return [
        Error(f"HUBBUB_AUTHENTICATION: {wrong}", id="hubbub.E002")
        for wrong in map(str, filter(None, (trouble(name, names) for name in names)))
    ]


def trouble(name: str, names: tuple[str, ...]) -> SettingError | None:
    """What is wrong with an entry."""
    try:
        way_of(name, names)
    except SettingError as error:
        return error
    return None
