"""Django's system checks of who is speaking; `docs/settings.md` has all by number."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from hubbub import conf
from hubbub.accounts.authentication import way_of
from hubbub.accounts.shown import DEFAULT, find_field, known_by_address
from hubbub.errors import SettingError


@register("hubbub")
def check_authentication(**_: Any) -> list[CheckMessage]:
    """hubbub.E004: an entry of HUBBUB_AUTHENTICATION cannot be used; one error each."""
    try:
        names = conf.current().authentication
    except SettingError:
        return []  # hubbub.E001 says it
    return [
        Error(wrong, id="hubbub.E004")
        for wrong in map(str, filter(None, (trouble(name, names) for name in names)))
    ]


def trouble(name: str, names: tuple[str, ...]) -> SettingError | None:
    """What is wrong with an entry."""
    try:
        way_of(name, names)
    except SettingError as error:
        return error
    return None


@register("hubbub")
def check_shown_name(**_: Any) -> list[CheckMessage]:
    """hubbub.E005: HUBBUB_SHOWN_NAME leads to nothing. hubbub.W005: it is missing."""
    try:
        setting = conf.current().shown_name
    except SettingError:
        return []
    if "." not in setting:
        found = hasattr(get_user_model(), setting) or find_field(setting) is not None
        wrong = "" if found else f"a user has no {setting!r}"
    else:
        wrong = function_trouble(setting)
    if wrong:
        return [Error(f"HUBBUB_SHOWN_NAME: {wrong}", id="hubbub.E005")]
    return [ADDRESSES] if setting == DEFAULT and known_by_address() else []


def function_trouble(path: str) -> str:
    """What is wrong with the path of a function."""
    try:
        found = import_string(path)
    except Exception as error:  # noqa: BLE001 - whatever a project's module raises
        return f"{path}: {error}"
    return "" if callable(found) else f"{path} is no function"


ADDRESSES = checks.Warning(
    "Users sign in with an e-mail address, which is shown to nobody: they are called User 7.",
    hint='HUBBUB_SHOWN_NAME = "get_short_name", or a function\'s path; "email" shows addresses.',
    id="hubbub.W005",
)
