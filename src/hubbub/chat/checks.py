"""Django's system check of who may; `docs/settings.md` has all by number."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from hubbub import conf
from hubbub.chat.gate import policy_of
from hubbub.errors import SettingError


@register("hubbub")
def check_policy(**_: Any) -> list[CheckMessage]:
    """hubbub.E007: HUBBUB_CHAT_POLICY cannot be used."""
    try:
        path = conf.current().chat_policy
    except SettingError:
        return []  # hubbub.E001 says it
    try:
        policy_of(path)
    except SettingError as error:
        return [Error(str(error), id="hubbub.E007")]
    return []
