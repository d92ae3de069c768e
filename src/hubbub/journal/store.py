"""Number entries and store them: the one way into the streams, in whatever transaction is open.

One statement moves the `last_seq` of all streams concerned and takes their rows' locks in the
order of their names, so commit order is seq order, and two writers never wait for each other in a
ring. The same SQL serves SQLite (3.35 and later) and PostgreSQL.
"""

from __future__ import annotations

import secrets
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from hubbub.errors import IdConflictError, Refusal
from hubbub.journal.log import Batch, Earlier, Entry, Key, Line, Outcome, Stored
from hubbub.journal.watch import announce

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

    from hubbub.journal.log import Log

ADVANCE = """
    INSERT INTO hubbub_stream (name, epoch, last_seq, first_seq) VALUES {rows}
    ON CONFLICT (name) DO UPDATE SET last_seq = hubbub_stream.last_seq + excluded.last_seq
    RETURNING name, epoch, last_seq
"""
GIVE_BACK = "UPDATE hubbub_stream SET last_seq = last_seq - %s WHERE name = %s"


class Place(NamedTuple):
    """Where a stream's new entries begin."""

    epoch: str
    first: int


def store(
    connection: BaseDatabaseWrapper,
    entries: Sequence[Entry],
    new_epoch: Callable[[], str] = lambda: secrets.token_hex(4),
) -> list[Outcome]:
    """Store entries in the open transaction; the outcomes lie in the entries' order.

    Raises DatabaseError, and then nothing of it may be committed.
    """
    streams: dict[str, list[int]] = {}
    for index, entry in enumerate(entries):
        streams.setdefault(entry.stream, []).append(index)
    outcomes: list[Outcome | None] = [None] * len(entries)
    with connection.cursor() as cursor:
        wanted = [(stream, len(indexes)) for stream, indexes in sorted(streams.items())]
        places = advance(cursor, wanted, new_epoch)
        by_log = sorted(streams, key=lambda stream: id(entries[streams[stream][0]].log))
        for _, names in groupby(by_log, lambda stream: id(entries[streams[stream][0]].log)):
            chosen = {name: streams[name] for name in names}
            fill(cursor, entries, chosen, places, outcomes)
        give_back(cursor, unused(wanted, outcomes))
    announce(connection)
    return [outcome for outcome in outcomes if outcome is not None]


def advance(
    cursor: CursorWrapper, wanted: Sequence[tuple[str, int]], new_epoch: Callable[[], str]
) -> dict[str, Place]:
    """Take `n` numbers of each stream, and its lock until the transaction ends."""
    # One epoch serves all streams that begin in this transaction; most have begun before.
    values: list[Any] = []
    epoch = new_epoch()
    for name, number in wanted:
        values += (name, epoch, number)
    cursor.execute(ADVANCE.format(rows=", ".join(["(%s, %s, %s, 1)"] * len(wanted))), values)
    last = {name: (epoch, last_seq) for name, epoch, last_seq in cursor.fetchall()}
    return {name: Place(last[name][0], last[name][1] - number + 1) for name, number in wanted}


def fill(
    cursor: CursorWrapper,
    entries: Sequence[Entry],
    streams: dict[str, list[int]],
    places: dict[str, Place],
    outcomes: list[Outcome | None],
) -> None:
    """Store the entries of one log's streams."""
    log = entries[next(iter(streams.values()))[0]].log
    earlier = find_earlier(cursor, log, entries, streams)
    firsts: dict[Key, int] = {}
    fresh: list[list[int]] = []
    for indexes in streams.values():
        fresh.append([])
        for index in indexes:
            entry = entries[index]
            if entry.request_id and (entry.key in earlier or entry.key in firsts):
                continue
            firsts[entry.key] = index
            fresh[-1].append(index)
    batches = [
        Batch(name, places[name].first, [entries[index] for index in indexes])
        for name, indexes in zip(streams, fresh, strict=True)
    ]
    for batch, indexes, lines in zip(batches, fresh, log.insert(cursor, batches), strict=True):
        settle(batch, indexes, lines, places[batch.stream].epoch, outcomes)
    for indexes in streams.values():
        for index in indexes:
            if outcomes[index] is None:
                outcomes[index] = recognise(entries[index], places, earlier, firsts, outcomes)


def find_earlier(
    cursor: CursorWrapper, log: Log, entries: Sequence[Entry], streams: dict[str, list[int]]
) -> dict[Key, Earlier]:
    """What is stored already; asked after the locks are taken, so nobody can store it meanwhile."""
    asked = [
        entries[index]
        for indexes in streams.values()
        for index in indexes
        if entries[index].request_id
    ]
    return log.find(cursor, asked) if asked else {}


def settle(
    batch: Batch,
    indexes: Sequence[int],
    lines: Iterable[Line],
    epoch: str,
    outcomes: list[Outcome | None],
) -> None:
    """Give each stored entry its number, and each refused one its refusal."""
    seq = batch.first
    for entry, index, line in zip(batch.entries, indexes, lines, strict=True):
        if isinstance(line, Refusal):
            outcomes[index] = line
        else:
            outcomes[index] = Stored(entry, epoch, seq, entry.log.stamp(entry), line)
            seq += 1


def recognise(
    entry: Entry,
    places: dict[str, Place],
    earlier: dict[Key, Earlier],
    firsts: dict[Key, int],
    outcomes: Sequence[Outcome | None],
) -> Outcome:
    """The outcome of an entry that came again: the first one's, or IdConflictError."""
    found = earlier.get(entry.key)
    if found is not None:
        if entry.log.same(entry, found):
            epoch = places[entry.stream].epoch
            return Stored(entry, epoch, found.seq, found.timestamp, again=True)
        return IdConflictError()
    first = outcomes[firsts[entry.key]]
    if not isinstance(first, Stored):
        assert first is not None
        return first
    body = Earlier(first.seq, first.timestamp, first.entry.body)
    return first._replace(again=True) if entry.log.same(entry, body) else IdConflictError()


def unused(
    wanted: Sequence[tuple[str, int]], outcomes: Sequence[Outcome | None]
) -> list[tuple[int, str]]:
    """How many numbers each stream took too many."""
    used: dict[str, int] = {}
    for outcome in outcomes:
        if isinstance(outcome, Stored) and not outcome.again:
            used[outcome.entry.stream] = used.get(outcome.entry.stream, 0) + 1
    return [(number - used.get(name, 0), name) for name, number in wanted]


def give_back(cursor: CursorWrapper, numbers: Sequence[tuple[int, str]]) -> None:
    """Return numbers that nothing was stored under; the locks are held, so nobody saw them."""
    for number, name in numbers:
        if number:
            cursor.execute(GIVE_BACK, (number, name))
