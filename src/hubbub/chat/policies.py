"""Who may do what in chat's rooms: what the setting `HUBBUB_CHAT_POLICY` can name.

A project derives its own from one of these, or from `hubbub.streams.permissions.Policy`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.chat.members import MODERATING, standing_find
from hubbub.chat.models import Room
from hubbub.streams.permissions import Policy, is_from

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller


class Anyone(Policy):
    """Every room is open to everybody, as in version 1."""


class SignedIn(Policy):
    """Every room is open to those who are signed in, and to nobody else."""

    def may_enter(self, caller: Caller, name: str) -> bool:  # noqa: ARG002
        """Whether a caller is somebody."""
        return caller.user_id is not None


class Members(Policy):
    """A room is there when it is in the table, and is public, for members only, or hidden.

    One that is for members only is open to staff too. A hidden one, to all who are no members, is
    like one that is not there.
    """

    def may_enter(self, caller: Caller, name: str) -> bool:
        """Whether the room is public, or the caller one of those for whom it is."""
        access, role = standing_find(name, caller.user_id)
        if access is None or access == Room.Access.PUBLIC or role is not None:
            return access is not None
        return access == Room.Access.MEMBERS and caller.is_staff

    def may_moderate(self, caller: Caller, name: str) -> bool:
        """Whether the caller is staff, or has a role for it."""
        return caller.is_staff or standing_find(name, caller.user_id).role in MODERATING


def asks_members(policy: Policy) -> bool:
    """Whether what `Members` says decides alone who may enter and read."""
    return is_from(policy, "may_enter", Members) and is_from(policy, "may_read", Policy)
