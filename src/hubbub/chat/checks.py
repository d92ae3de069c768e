"""Django's system check of who may; `docs/settings.md` has all by number."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from hubbub.chat.gate import policy_in_force
from hubbub.errors import SettingError


@register("hubbub")
def check_policy(**_: Any) -> list[CheckMessage]:
    """hubbub.E007: HUBBUB_CHAT_POLICY cannot be used."""
    try:
        policy_in_force()
    except SettingError as error:
        # What conf says of all settings, hubbub.E001 says.
        wrong = [line for line in str(error).splitlines() if line.startswith("HUBBUB_CHAT_POLICY")]
        return [Error(line, id="hubbub.E007") for line in wrong]
    return []
