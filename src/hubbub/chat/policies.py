"""Who may do what in chat's rooms: what the setting `HUBBUB_CHAT_POLICY` can name.

A project derives its own from one of these, or from `hubbub.streams.permissions.Policy`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.streams.permissions import Policy

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller


class Anyone(Policy):
    """Every room is open to everybody, as in version 1."""


class SignedIn(Policy):
    """Every room is open to those who are signed in, and to nobody else."""

    def may_enter(self, caller: Caller, name: str) -> bool:  # noqa: ARG002
        """Whether a caller is somebody."""
        return caller.user_id is not None
