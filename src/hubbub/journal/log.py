"""What the journal asks of an endpoint whose events it numbers, and what it answers.

An endpoint keeps its events in a table of its own; its `Log` writes that table in the journal's
transaction and reads it back as the frames that members got.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from django.db.models import Q

from hubbub import conf
from hubbub.errors import Refusal
from hubbub.journal.marks import mark_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper

    from hubbub.bus.base import Event
    from hubbub.fanout.hub import Hub
    from hubbub.journal.models import StoredEvent

#: A stream, a sender and an id: nothing is stored twice under the same three.
Key = tuple[str, str, str]


class Told(NamedTuple):
    """What is told of an event that is stored nowhere; its frame has no `seq`."""

    frame: bytes
    timestamp: str


class Entry(NamedTuple):
    """An event that wants to be stored. `body` is the endpoint's own value, with its timestamp.

    `sender` is the account's key, or empty: all anonymous senders count as one, so that a retry
    after a reconnect is recognised. `request_id` is the client's `id`, or empty. With `told` it is
    not to be stored, and only this is told.
    """

    log: Log
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
    """What is stored already under an entry's key; `body` as its log compares it."""

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


class Stored(NamedTuple):
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


#: Days, and events of a stream; None for all.
Keep = tuple[int | None, int | None]


class Shelf(NamedTuple):
    """The table of one endpoint's events, under what the endpoint is called.

    `kinds` are what stands before the colon in the names of its streams. `keep()` says for how many
    days events are kept, and how many of a stream; `counted` says which of the rows are among that
    number.
    """

    label: str
    kinds: tuple[str, ...]
    model: type[StoredEvent]
    keep: Callable[[], Keep]
    counted: Q = Q()


def by_settings(days: str, number: str) -> Callable[[], Keep]:
    """What two settings, by their names, say of how much is kept."""
    return lambda: (getattr(conf.current(), days), getattr(conf.current(), number))


class Log(Protocol):
    """One endpoint's streams. All but `tell` block, on a thread that may use the database."""

    @property
    def shelf(self) -> Shelf:
        """Their table, and how much is kept there."""

    def find(self, cursor: CursorWrapper, entries: Sequence[Entry]) -> dict[Key, Earlier]:
        """Which of the entries, all with a `request_id`, are stored already."""

    def insert(
        self, cursor: CursorWrapper, batches: Sequence[Batch], created: datetime
    ) -> list[list[Line]]:
        """Store new entries, numbered without gaps from each batch's `first`, as of `created`.

        A Refusal in the place of a frame uses up no number.
        """

    def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """The events with `after` < seq <= `upto`, in order, some 500 at most."""

    def same(self, entry: Entry, earlier: Earlier) -> bool:
        """Whether an entry asks for just what is stored under its id."""

    def group(self, stream: str) -> str:
        """The hub's group of the stream's members."""

    def stamp(self, entry: Entry) -> str:
        """The entry's timestamp."""

    def tell(self, hub: Hub, event: Event) -> None:
        """Publish to the members on one hub; on its loop, in order of seq."""

    def relay(self, event: Event) -> None:
        """Tell Channels consumers in the stream's group; once a process."""


_logs: dict[str, Log] = {}


def open_log(log: Log) -> None:
    """Make a log known under the kinds of its streams; its app does it when it is loaded."""
    for kind in log.shelf.kinds:
        _logs[kind] = log


def kinds_taken() -> Collection[str]:
    """The kinds that have a log."""
    return _logs.keys()


def log_of(stream: str) -> Log:
    """The log that a stream belongs to. Raises KeyError."""
    return _logs[stream.partition(":")[0]]


def shelf_of(stream: str) -> Shelf | None:
    """Where a stream's events are kept; None for one whose endpoint is not installed."""
    log = _logs.get(stream.partition(":")[0])
    return None if log is None else log.shelf


def shelves() -> list[Shelf]:
    """That of every log, in the order of their labels."""
    found = {log.shelf.label: log.shelf for log in _logs.values()}
    return [shelf for _, shelf in sorted(found.items())]
