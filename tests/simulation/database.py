"""The tables of streams, and a ledger beside them that forgets nothing of what they ever had."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from hubbub.fanout.frame import make_frame
from hubbub.journal.entry import Row, Stored
from hubbub.journal.epochs import first_epoch
from hubbub.journal.marks import UNKNOWN
from hubbub.journal.read import Extent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hubbub.journal.entry import Entry, Key, Outcome
    from tests.simulation.history import History


#: Every so manieth event is of an added type.
ADDED = 4


class Told(NamedTuple):
    """What a frame says of an event: where it stands, and its name, which no other has."""

    stream: str
    seq: int
    name: str


class Committed(NamedTuple):
    """An event in the ledger. `before` is the name of the one that it followed, or empty."""

    name: str
    stream: str
    epoch: str
    seq: int
    before: str
    at: float
    mark: int


def frame_of(told: Told) -> bytes:
    """The frame that members get."""
    return make_frame(f"{told.stream} {told.seq} {told.name}".encode())


def is_added(seq: int) -> bool:
    """Whether an event is of an added type: as in a chat room some are, among the others."""
    return seq % ADDED == 0


def read_told(text: str) -> Told:
    """What a text says that `frame_of` made."""
    stream, seq, name = text.split(" ")
    return Told(stream, int(seq), name)


@dataclass
class Rows:
    """One stream: its numbering, its events from seq 1 on, and what was pruned."""

    epoch: str
    events: list[Committed] = field(default_factory=list)
    first: int = 1

    @property
    def last_name(self) -> str:
        return self.events[-1].name if self.events else ""

    @property
    def last_mark(self) -> int:
        return self.events[-1].mark if self.events else UNKNOWN

    @property
    def extent(self) -> Extent:
        return Extent(len(self.events), self.first, self.epoch, self.last_mark)


class Database:
    """Every call is one transaction. `ledger` is what the checker holds all else against."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._epochs = self._commits = 0
        #: What the epochs are made of with which streams begin.
        self._beginning = self.new_epoch()
        self.rows: dict[str, Rows] = {}
        self._keys: dict[Key, Committed] = {}
        self.ledger: dict[str, Committed] = {}
        #: When what was committed was lost again.
        self.lost: dict[str, float] = {}

    def new_epoch(self) -> str:
        self._epochs += 1
        return f"e{self._epochs}"

    def _begin(self, stream: str) -> Rows:
        """As a stream is before anything is stored in it."""
        return Rows(first_epoch(self._beginning, stream))

    def commit(self, entries: Sequence[Entry], now: float) -> list[Outcome]:
        """Store entries; those of a key that is there already are recognised."""
        self._commits += 1
        return [self._commit_one(entry, now) for entry in entries]

    def _commit_one(self, entry: Entry, now: float) -> Stored:
        earlier = self._keys.get(entry.key)
        if earlier is not None:
            return Stored(entry, earlier.epoch, earlier.seq, "", again=True)
        rows = self.rows.get(entry.stream)
        if rows is None:
            rows = self.rows[entry.stream] = self._begin(entry.stream)
        name = entry.body
        while name in self.ledger:
            name += "'"  # it was lost, and its client sent it once more
        told = Told(entry.stream, len(rows.events) + 1, name)
        mark, before = self._commits, rows.last_mark
        one = Committed(name, entry.stream, rows.epoch, told.seq, rows.last_name, now, mark)
        rows.events.append(one)
        self.ledger[name] = self._keys[entry.key] = one
        self._history.note(now, entry.stream, "commit", rows.epoch, told.seq, name)
        frame, added = frame_of(told), is_added(told.seq)
        return Stored(entry, rows.epoch, told.seq, "", frame, mark, before, added)

    def extents(self, streams: Collection[str]) -> dict[str, Extent]:
        """As the table `hubbub_stream` has it."""
        return {name: (self.rows.get(name) or self._begin(name)).extent for name in streams}

    def extent(self, stream: str) -> Extent:
        return self.extents([stream])[stream]

    def last_name(self, stream: str) -> str:
        return self.rows[stream].last_name if stream in self.rows else ""

    def read(self, stream: str, after: int, upto: int, page: int) -> list[Row]:
        """Some of the events that are asked for, as far as they are there."""
        rows = self.rows.get(stream)
        if rows is None:
            return []
        first = max(after + 1, rows.first)
        return [
            Row(one.seq, frame_of(Told(stream, one.seq, one.name)), one.mark, is_added(one.seq))
            for one in rows.events[first - 1 : min(upto, first + page - 1)]
        ]

    def prune(self, stream: str, keep: int, now: float) -> None:
        """Forget all but the newest `keep`."""
        rows = self.rows.get(stream)
        if rows is not None:
            rows.first = max(rows.first, len(rows.events) - keep + 1)
            self._history.note(now, stream, "pruned", rows.first)

    def restore(self, stream: str, number: int, now: float) -> bool:
        """Lose the newest `number`, and all that is known of them; whether there were any."""
        rows = self.rows.get(stream)
        if rows is None or not rows.events or not number:
            return False
        kept = max(rows.first - 1, len(rows.events) - number)
        gone = [one.name for one in rows.events[kept:]]
        del rows.events[kept:]
        for name in gone:
            self.lost[name] = now
        if not rows.events:
            del self.rows[stream]  # it had not begun then
        self._keys = {key: one for key, one in self._keys.items() if one.name not in self.lost}
        self._history.note(now, stream, "restored", len(rows.events), *gone)
        return bool(gone)

    def renumber(self, lost: Mapping[str, str], now: float) -> str:
        """As `hubbub.journal.epochs.renumber`: a new epoch for those that have the old one."""
        epoch = self.new_epoch()
        for stream, old in sorted(lost.items()):
            rows = self.rows.setdefault(stream, Rows(old))
            if rows.epoch == old:
                rows.epoch = epoch
                self._history.note(now, stream, "renumbered", old, epoch)
        return epoch
