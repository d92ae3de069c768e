"""Who may do what in chat's rooms: what the setting `HUBBUB_CHAT_POLICY` can name.

A project derives its own from one of these, or from `hubbub.streams.permissions.Policy`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.chat.members import MODERATING, may_be_in, standing_find, standings_find
from hubbub.streams.permissions import METHODS, Policy, is_from
from hubbub.streams.rights import NOTHING, OPEN, by_default
from hubbub.wire.keys import write_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.accounts.caller import Caller
    from hubbub.streams.rights import Rights
    from hubbub.streams.together import Many


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
        return may_be_in(access, role, is_staff=caller.is_staff)

    def may_moderate(self, caller: Caller, name: str) -> bool:
        """Whether the caller is staff, or has a role for it."""
        return caller.is_staff or standing_find(name, caller.user_id).role in MODERATING


def members_rights(callers: Sequence[Caller], name: str) -> list[Rights]:
    """What `Members` says of many callers. Blocking."""
    keys = [write_key(caller.user_id) for caller in callers]
    access, roles = standings_find(name, sorted(set(keys) - {""}))
    return [
        OPEN._replace(moderate=caller.is_staff or roles.get(key) in MODERATING)
        if may_be_in(access, roles.get(key), is_staff=caller.is_staff)
        else NOTHING
        for caller, key in zip(callers, keys, strict=True)
    ]


def signed_in_rights(callers: Sequence[Caller], name: str) -> list[Rights]:  # noqa: ARG001
    """What `SignedIn` says of many callers."""
    return [NOTHING if caller.user_id is None else by_default(caller) for caller in callers]


def open_rights(callers: Sequence[Caller], name: str) -> list[Rights]:  # noqa: ARG001
    """What is so where no policy says anything."""
    return [by_default(caller) for caller in callers]


#: What a policy that says no more than one of these says of many callers.
READY: tuple[tuple[type[Policy], Many], ...] = (
    (Policy, open_rights),
    (SignedIn, signed_in_rights),
    (Members, members_rights),
)


def rights_together(policy: Policy) -> Many | None:
    """What a policy says of many callers, where it is one of ours; else None."""
    for ready, many in READY:
        if all(is_from(policy, method, ready) for method in METHODS):
            return many
    return None


def asks_members(policy: Policy) -> bool:
    """Whether what `Members` says decides alone who may enter and read."""
    return is_from(policy, "may_enter", Members) and is_from(policy, "may_read", Policy)
