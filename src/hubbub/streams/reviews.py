"""Asking again who may, where something has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubbub.accounts.users import user_key
from hubbub.aftercommit import after_commits
from hubbub.streams.answers import forget_answers
from hubbub.streams.gate import gates
from hubbub.streams.present import review_members, send_members_away

if TYPE_CHECKING:
    from hubbub.streams.rights import Rights


def review(kind: str, name: object = None, user_id: Any = None) -> None:
    """Ask again who may: in all streams of a kind or in one, of everybody or of one user.

    From any thread, sync or async; in a transaction it is done after the commit. Raises LookupError
    for a kind that nobody has opened, InvalidFormatError for what can be no user's key.
    """
    gate, key = gates.get(kind), None if user_id is None else key_of(user_id)
    if gate is None:
        raise LookupError(f"no kind of stream is registered as {kind!r}")
    text = None if name is None else str(name)
    after_commits(lambda: review_now(gate.kind, text, key))


def send_away(kind: str, name: str | None, user_id: Any, rights: Rights) -> None:
    """End a user's connections to a stream, or to all of a kind, as one without these rights.

    It may come back. As `review`, from anywhere.
    """
    key = key_of(user_id)
    after_commits(lambda: send_members_away(kind, name, key, rights))


def key_of(user_id: Any) -> int | str:
    """A user's key as a Caller has it, of a key, its text or a user. Raises InvalidFormatError."""
    key = user_key(user_id, "user_id")
    return key if isinstance(key, int) else str(key)


def review_now(kind: str, name: str | None, user_id: int | str | None) -> None:
    """The same at once, of a user's key as a Caller has it."""
    forget_answers(kind, name, user_id)
    review_members(kind, name, user_id)
