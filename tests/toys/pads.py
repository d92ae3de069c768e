"""A kind whose table says what is told: pads, on which lines are written, and struck out again."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict

from django.db import models
from django.db.models import Q

from hubbub import streams
from hubbub.fanout.frame import make_frame
from hubbub.journal.publishers import open_stored
from hubbub.streams.publishing import event_entry
from hubbub.streams.table import Table, Telling, name_of
from hubbub.wire.codec import encode
from hubbub.wire.plain import plain_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.utils import CursorWrapper

    from hubbub.journal.entry import Entry
    from hubbub.streams.table import Batch

STRIKE = "UPDATE toy_line SET text = '', struck = %s WHERE name = %s AND seq = %s"


class Line(streams.Event):
    """What is written; or with `strikes`, the seq of a line, that this one is struck out."""

    text = models.TextField(blank=True)
    strikes = models.BigIntegerField(null=True, default=None)
    struck = models.BooleanField(default=False)

    class Meta(streams.Event.Meta):
        db_table = "toy_line"


class Shown(TypedDict):
    """A line, or which one was struck out."""

    type: Literal["line", "strike"]
    text: str
    strikes: int | None
    struck: bool


class Body(NamedTuple):
    """What a line has of its own."""

    timestamp: str
    text: str
    strikes: int | None
    struck: bool


class PadTable(Table):
    """See `hubbub.streams.table.Table`."""

    columns = Body._fields
    paged = Q(strikes=None)

    def body(self, sender: str, *values: Any) -> Body:
        """A line that is stored."""
        del sender
        return Body(*values)

    def settle(self, batches: Sequence[Batch]) -> list[Any]:
        """The lines' own values."""
        own = attrgetter(*Body._fields)
        return [Body(*own(entry.body)) for batch in batches for entry in batch.entries]

    def telling(self, seq: int, sender: str, body: Body) -> bytes | Telling:
        """Lines are for everyone; that one was struck out is for extended members."""
        added = {"sender": sender, "timestamp": body.timestamp, "seq": seq}
        frame = make_frame(encode(Pads().show(body) | added))
        return frame if body.strikes is None else Telling(frame, added=True)

    def meaning(self, body: Body | Line) -> object:
        """What is written, or struck out."""
        return body.text, body.strikes

    def besides(self, cursor: CursorWrapper, rows: Sequence[Sequence[Any]]) -> None:
        """Take the text out of the lines that are struck out."""
        struck = [(True, name, strikes) for name, *_, strikes, _ in rows if strikes is not None]
        if struck:
            cursor.executemany(STRIKE, struck)

    def group(self, stream: str) -> str:
        """Another name than the stream's, so that no test passes that takes one for the other."""
        return f"pad.{name_of(stream)}"


def entries(group: str, event: dict[str, Any]) -> list[Entry]:
    """What is to be stored of a Python publisher's event. Raises InvalidFormatError."""
    line = Line(text=plain_text(event.get("text"), "text"))
    return [event_entry("pad", group.removeprefix("pad."), line)]


@streams.register
class Pads(streams.Kind):
    """Python publishers send a `pad_line`, as they do what the kinds of the house store."""

    kind = "pad"
    path = "ws/pads/<name>/"
    event = Line

    def show(self, line: Line | Body) -> Shown:
        told: Literal["line", "strike"] = "line" if line.strikes is None else "strike"
        return {"type": told, "text": line.text, "strikes": line.strikes, "struck": line.struck}

    def build_table(self) -> Table:
        return PadTable(self.kind, Line, self.kept)

    def open_layer(self) -> None:
        open_stored("pad_line", stream_of=self.find_stream, entries=entries, keys=("text",))
