"""Number entries and store them: the one way into the streams, in whatever transaction is open.

One statement moves the `last_seq` of all streams concerned and takes their rows' locks in the
order of their names, so commit order is seq order, and two calls never wait for each other in a
ring. The same SQL serves SQLite (3.35 and later) and PostgreSQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import IntegrityError
from django.utils.timezone import now
from msgspec.structs import replace

from hubbub.errors import IdConflictError, Refusal
from hubbub.journal.bells import bells
from hubbub.journal.entry import Batch, Earlier, Entry, Key, Line, Outcome, Stored
from hubbub.journal.epochs import find_beginning, first_epoch
from hubbub.journal.marks import UNKNOWN, mark_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

    from hubbub.journal.table import Table

ADVANCE = """
    INSERT INTO hubbub_stream (name, epoch, last_seq, first_seq, last_mark, mark_before)
    VALUES {rows}
    ON CONFLICT (name) DO UPDATE SET last_seq = hubbub_stream.last_seq + excluded.last_seq,
    mark_before = hubbub_stream.last_mark, last_mark = excluded.last_mark
    RETURNING name, epoch, last_seq, mark_before
"""
ROW = "(%s, '', %s, 1, %s, 0)"
BEGIN = "UPDATE hubbub_stream SET epoch = %s WHERE name = %s"
GIVE_BACK = "UPDATE hubbub_stream SET last_seq = %s, last_mark = %s WHERE name = %s"


class Start(NamedTuple):
    """Where a stream's new entries begin, the mark before them, and their own."""

    epoch: str
    first: int
    before: int
    mark: int


class Picked(NamedTuple):
    """The new entries of one table by stream, and where each stands in the whole.

    `firsts` has the index of the first one under each key, `repeated` those of the others.
    """

    batches: list[Batch]
    indexes: list[list[int]]
    firsts: dict[Key, int]
    repeated: list[int]


def store(
    connection: BaseDatabaseWrapper,
    entries: Sequence[Entry],
    *,
    look: bool = True,
) -> list[Outcome]:
    """Store entries in the open transaction; the outcomes lie in the entries' order.

    Without `look` it is taken for granted that none was stored before, which saves a fifth of the
    time: where one was, or may have been, IntegrityError. Raises DatabaseError, and then nothing
    of it may be committed.
    """
    by_table: dict[Table, dict[str, list[int]]] = {}
    for index, entry in enumerate(entries):
        by_table.setdefault(entry.table, {}).setdefault(entry.stream, []).append(index)
    outcomes: list[Outcome | None] = [None] * len(entries)
    created = now()
    with connection.cursor() as cursor:
        wanted = [
            (name, len(indexes))
            for streams in by_table.values()
            for name, indexes in streams.items()
        ]
        starts = advance(cursor, sorted(wanted), mark_of(created))
        unused: list[tuple[int, str]] = []
        for table, streams in by_table.items():
            earlier = find_earlier(cursor, table, entries, streams) if look else {}
            picked = pick(entries, streams, starts, earlier)
            inserted = table.insert(cursor, picked.batches, created)
            unused += fill(picked, inserted, starts, outcomes)
            for index in picked.repeated:
                unused.append((1, entries[index].stream))
                outcomes[index] = recognise(
                    entries[index], starts, earlier, picked.firsts, outcomes
                )
        if unused and not look and any(map(may_have_come_before, entries, outcomes)):
            raise IntegrityError("what is refused may have been stored before")
        if unused:
            give_back(cursor, unused, dict(wanted), starts)
    bells.announce(connection)
    return [outcome for outcome in outcomes if outcome is not None]


def advance(
    cursor: CursorWrapper, wanted: Sequence[tuple[str, int]], mark: int
) -> dict[str, Start]:
    """Take `n` numbers of each stream, and its lock until the transaction ends."""
    values = [value for name, number in wanted for value in (name, number, mark)]
    cursor.execute(ADVANCE.format(rows=", ".join([ROW] * len(wanted))), values)
    numbers = dict(wanted)
    starts = {
        name: Start(epoch, last_seq - numbers[name] + 1, before, mark)
        for name, epoch, last_seq, before in cursor.fetchall()
    }
    begun = [name for name, start in starts.items() if not start.epoch]
    return starts | begin(cursor, begun, mark) if begun else starts


def begin(cursor: CursorWrapper, names: Sequence[str], mark: int) -> dict[str, Start]:
    """Give streams that are new the epochs that those who were there already know."""
    beginning = find_beginning(cursor)
    epochs = {name: first_epoch(beginning, name) for name in names}
    cursor.executemany(BEGIN, [(epoch, name) for name, epoch in epochs.items()])
    return {name: Start(epoch, 1, UNKNOWN, mark) for name, epoch in epochs.items()}


def find_earlier(
    cursor: CursorWrapper, table: Table, entries: Sequence[Entry], streams: dict[str, list[int]]
) -> dict[Key, Earlier]:
    """What is stored already; asked after the locks are taken, so nobody can store it meanwhile."""
    asked = [
        entries[index]
        for indexes in streams.values()
        for index in indexes
        if entries[index].request_id
    ]
    return table.find(cursor, asked) if asked else {}


def pick(
    entries: Sequence[Entry],
    streams: dict[str, list[int]],
    starts: dict[str, Start],
    earlier: dict[Key, Earlier],
) -> Picked:
    """Part the entries that are new from those that came before, in the table or in this batch."""
    picked = Picked([], [], {}, [])
    for name, indexes in streams.items():
        fresh: list[int] = []
        for index in indexes:
            entry = entries[index]
            if entry.request_id:
                key = entry.key
                if key in picked.firsts or key in earlier:
                    picked.repeated.append(index)
                    continue
                picked.firsts[key] = index
            fresh.append(index)
        picked.indexes.append(fresh)
        picked.batches.append(Batch(name, starts[name].first, [entries[index] for index in fresh]))
    return picked


def fill(
    picked: Picked,
    inserted: Sequence[Sequence[Line]],
    starts: dict[str, Start],
    outcomes: list[Outcome | None],
) -> list[tuple[int, str]]:
    """What became of the new entries of one table; how many numbers which stream did not use."""
    unused: list[tuple[int, str]] = []
    for batch, indexes, lines in zip(picked.batches, picked.indexes, inserted, strict=True):
        epoch, seq, before, mark = starts[batch.stream]
        for index, entry, line in zip(indexes, batch.entries, lines, strict=True):
            if isinstance(line, Refusal):
                outcomes[index] = line
                continue
            frame, added, value = (line, False, 0) if isinstance(line, bytes) else line
            stamp = entry.table.stamp(entry)
            outcomes[index] = Stored(entry, epoch, seq, stamp, frame, mark, before, added, value)
            seq, before = seq + 1, mark
        refused = batch.first + len(lines) - seq
        if refused:
            unused.append((refused, batch.stream))
    return unused


def may_have_come_before(entry: Entry, outcome: Outcome | None) -> bool:
    """Whether an entry was refused that would be acked if it was stored already.

    It is refused before the rows could tell: a counter that is full by it, for example.
    """
    return entry.request_id != "" and isinstance(outcome, Refusal)


def recognise(
    entry: Entry,
    starts: dict[str, Start],
    earlier: dict[Key, Earlier],
    firsts: dict[Key, int],
    outcomes: Sequence[Outcome | None],
) -> Outcome:
    """The outcome of an entry that came again: the first one's, or IdConflictError."""
    found = earlier.get(entry.key)
    if found is not None:
        if entry.table.same(entry, found):
            epoch = starts[entry.stream].epoch
            return Stored(entry, epoch, found.seq, found.timestamp, again=True)
        return IdConflictError()
    first = outcomes[firsts[entry.key]]
    if not isinstance(first, Stored):
        assert first is not None
        return first
    body = Earlier(first.seq, first.timestamp, first.entry.body)
    return replace(first, again=True) if entry.table.same(entry, body) else IdConflictError()


def give_back(
    cursor: CursorWrapper,
    unused: Sequence[tuple[int, str]],
    numbers: dict[str, int],
    starts: dict[str, Start],
) -> None:
    """Return numbers that nothing was stored under; the locks are held, so nobody saw them."""
    used = {name: numbers[name] for _, name in unused}
    for number, name in unused:
        used[name] -= number
    rows: list[tuple[int, int, str]] = []
    for name, number in used.items():
        _, first, before, mark = starts[name]
        rows.append((first - 1 + number, mark if number else before, name))
    cursor.executemany(GIVE_BACK, rows)
