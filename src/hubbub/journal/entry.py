"""An event from when it wants to be stored until it is told, or read back as a row.

Of what is made of every message, each is a struct: a named tuple takes four times as long to make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from hubbub.errors import Refusal
from hubbub.journal.marks import mark_of
from hubbub.journal.table import Table

if TYPE_CHECKING:
    from datetime import datetime

#: A stream, a sender and an id: nothing is stored twice under the same three.
Key = tuple[str, str, str]


class Told(Struct, frozen=True, gc=False):
    """What is told of an event that is stored nowhere; its frame has no `seq`."""

    frame: bytes
    timestamp: str


class Entry(Struct, frozen=True, gc=False):
    """An event that wants to be stored. `body` is the endpoint's own value, with its timestamp.

    `sender` is the account's key, or empty: all anonymous senders count as one, so that a retry
    after a reconnect is recognised. `request_id` is the client's `id`, or empty. With `told` it is
    not to be stored, and only this is told.
    """

    table: Table
    stream: str
    body: Any
    sender: str = ""
    request_id: str = ""
    told: Told | None = None

    @property
    def key(self) -> Key:
        """Under what it is recognised when it comes again."""
        return self.stream, self.sender, self.request_id

    def odd_field(self) -> str:
        """The key of a text that some database does not take: PostgreSQL, one with a NUL."""
        body = self.body._asdict() if hasattr(self.body, "_asdict") else vars(self.body)
        texts = {**body, "id": self.request_id}
        return next((key for key, text in texts.items() if "\0" in str(text)), "")


class Earlier(NamedTuple):
    """What is stored already under an entry's key; `body` as its table compares it."""

    seq: int
    timestamp: str
    body: Any


class Batch(NamedTuple):
    """The new entries of one stream in a transaction; the first gets the number `first`."""

    stream: str
    first: int
    entries: list[Entry]


class Telling(NamedTuple):
    """What members are told of an event, and what it means, said once for all who pass it on.

    `frame` is empty where they are told nothing. What is of an `added` type is for extended
    members alone, and no Channels consumer hears of it. `value` is a number of the endpoint's own,
    for what each process counts.
    """

    frame: bytes
    added: bool = False
    value: int = 0


class Row(NamedTuple):
    """An event as it is read back, with its mark (`marks.py`); the rest is its `Telling`."""

    seq: int
    frame: bytes
    mark: int
    added: bool = False
    value: int = 0


def read_back(seq: int, told: bytes | Telling, created: datetime) -> Row:
    """The row of an event that was stored then."""
    frame, added, value = (told, False, 0) if isinstance(told, bytes) else told
    return Row(seq, frame, mark_of(created), added, value)


class Stored(Struct, frozen=True, gc=False):
    """An entry in the table. `again`: it was there before, and nothing is to be told.

    Of one that is told and not stored the `seq` is 0.

    `mark` is its own, and `before` that of the event before it (`marks.py`). `frame`, `added` and
    `value` are its `Telling`.
    """

    entry: Entry
    epoch: str
    seq: int
    timestamp: str
    frame: bytes = b""
    mark: int = 0
    before: int = 0
    added: bool = False
    value: int = 0
    again: bool = False


Outcome = Stored | Refusal
#: What is told of a stored event, bytes where that is a frame for everyone and nothing else; or
#: why it was not stored.
Line = bytes | Telling | Refusal
