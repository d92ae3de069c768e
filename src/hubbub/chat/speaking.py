"""Under which name a caller speaks in a room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.accounts.names import names
from hubbub.chat.messages import ANONYMOUS, check_username
from hubbub.wire.blank import is_blank

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller


def speaking_name(caller: Caller, username: str) -> str:
    """The name under which a caller speaks: an account's own, whatever else was asked for.

    Raises InvalidFormatError for one that is too long.
    """
    if caller.user_id is not None:
        return caller.username
    return ANONYMOUS if is_blank(check_username(username)) else username


def may_speak_as(caller: Caller, name: str) -> bool | None:
    """Whether a caller may use a name; None if the accounts must be asked (`names.look_up`)."""
    if caller.user_id is not None or name == ANONYMOUS:
        return True
    taken = names.recall(name)
    return None if taken is None else not taken
