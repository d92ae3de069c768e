"""Entries of the two endpoints, as the tests of the journal store them, and rooms of their own."""

from __future__ import annotations

import secrets
from itertools import count
from typing import TYPE_CHECKING

from django.db import connection, transaction

from hubbub.chat.services import message_entry
from hubbub.chat.table import chat_table, stream_of
from hubbub.counter.services import change_entry
from hubbub.journal.store import store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.journal.entry import Entry, Outcome

RUN = secrets.token_hex(3)
numbers = count(1)


def new_room() -> str:
    """A room, or a counter, that no other test uses."""
    return f"n{RUN}-{next(numbers)}"


def say(room: str, text: str, request_id: str = "", user_id: int | None = None) -> Entry:
    """Something said in a room."""
    return message_entry(
        room=room, message=text, username="ada", user_id=user_id, request_id=request_id
    )


def add(name: str, value: int, request_id: str = "") -> Entry:
    """A change of a counter."""
    return change_entry(action="increment", value=value, name=name, request_id=request_id)


def put(entries: Sequence[Entry]) -> list[Outcome]:
    """Store entries in a transaction of this thread."""
    with transaction.atomic():
        return store(connection, entries)


def texts(room: str) -> list[tuple[int, str]]:
    """What the table says was said in a room: seq and text."""
    from hubbub.chat.models import Message

    rows = Message.objects.filter(name=room).order_by("seq")
    return list(rows.values_list("seq", "message"))


def frames(room: str, after: int = 0, upto: int = 10**9) -> list[tuple[int, bytes]]:
    """A room's events as the journal reads them back."""
    return [row[:2] for row in chat_table.read(stream_of(room), after, upto)]
