"""Entries of toy kinds, as the tests of the journal store them: in pads, purses and games."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from hubbub import streams
from hubbub.journal.entry import Entry
from hubbub.journal.store import store
from hubbub.journal.table import table_of
from hubbub.streams.publishing import event_entry
from hubbub.wire.plain import plain_stamp
from tests.toys.models import Step
from tests.toys.pads import Line
from tests.toys.purses import Payment, purse_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.journal.entry import Outcome, Stored


def write(pad: str, text: str, request_id: str = "", user_id: int | None = None) -> Entry:
    """A line that is written on a pad."""
    return event_entry("pad", pad, Line(text=text), user_id=user_id, request_id=request_id)


def strike(pad: str, seq: int) -> Entry:
    """That a line of a pad is struck out: its row changes, and only extended members hear of it."""
    return event_entry("pad", pad, Line(strikes=seq))


def add(purse: str, amount: int, request_id: str = "") -> Entry:
    """Money that is put into a purse, in which there may be no room for it."""
    payment = Payment(amount=amount, timestamp=plain_stamp(None))
    return Entry(purse_table, purse_table.stream_of(purse), payment, "", request_id)


def move(game: str, field: str, request_id: str = "", user_id: int | None = None) -> Entry:
    """A move in a game, whose table is that of every kind of a project's own."""
    return event_entry("game", game, Step(field=field), user_id=user_id, request_id=request_id)


def publish(pad: str, text: str, **options: Any) -> Stored:
    """Write on a pad, as a project's own code does."""
    return streams.publish("pad", pad, Line(text=text), **options)


async def apublish(pad: str, text: str, **options: Any) -> Stored:
    """The same from async code."""
    return await streams.apublish("pad", pad, Line(text=text), **options)


def put(entries: Sequence[Entry]) -> list[Outcome]:
    """Store entries in a transaction of this thread."""
    with transaction.atomic():
        return store(connection, entries)


def texts(pad: str) -> list[tuple[int, str]]:
    """What the table says is written on a pad: seq and text."""
    rows = Line.objects.filter(name=pad).order_by("seq")
    return list(rows.values_list("seq", "text"))


def total(purse: str) -> tuple[int, int]:
    """What the table says is in a purse, and after how many payments."""
    rows = Payment.objects.filter(name=purse).order_by("-seq")
    return rows.values_list("total", "seq").first() or (0, 0)


def frames(stream: str, after: int = 0, upto: int = 10**9) -> list[tuple[int, bytes]]:
    """A stream's events as the journal reads them back."""
    return [row[:2] for row in table_of(stream).read(stream, after, upto)]
