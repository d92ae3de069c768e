"""The counters' tables, as the journal writes and reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hubbub.counter.audience import note_standing
from hubbub.counter.messages import Action, Changed, Standing, changed_frame, counter_group
from hubbub.counter.models import Change, Counter
from hubbub.database import ours
from hubbub.errors import OutOfRangeError
from hubbub.journal.log import Earlier, Shelf, Telling, by_settings, read_back
from hubbub.journal.lookup import find_rows
from hubbub.journal.relay import pass_on
from hubbub.wire.codec import LARGEST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper

    from hubbub.bus.base import Event
    from hubbub.fanout.hub import Hub
    from hubbub.journal.log import Batch, Entry, Key, Line, Row

KIND = "counter"
PAGE = 500
#: What version 1's event has.
RELAYED = ("type", "action", "value", "timestamp")
INSERT = """
    INSERT INTO hubbub_counter_change
    (name, seq, action, value, counter, sender, request_id, timestamp, created)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
SET = """
    INSERT INTO hubbub_counter (name, value, version) VALUES (%s, %s, %s)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, version = excluded.version
"""


class Draft(NamedTuple):
    """A change that is asked for."""

    action: Action
    value: int
    timestamp: str


def stream_of(name: str) -> str:
    """A counter's stream."""
    return f"{KIND}:{name}"


def counter_of(stream: str) -> str:
    """A stream's counter."""
    return stream.partition(":")[2]


def changed_value(counter: int, action: Action, value: int) -> int:
    """The value after a change. Raises OutOfRangeError."""
    if action == "reset":
        return 0
    result = counter + value if action == "increment" else counter - value
    if abs(result) > LARGEST:
        raise OutOfRangeError
    return result


class CounterLog:
    """See `hubbub.journal.log.Log`."""

    shelf = Shelf(KIND, (KIND,), Change, by_settings("counter_keep_days", "counter_keep_changes"))

    def find(self, cursor: CursorWrapper, entries: Sequence[Entry]) -> dict[Key, Earlier]:
        """Changes stored under these ids."""
        rows = find_rows(
            cursor,
            table="hubbub_counter_change",
            columns=("name", "sender", "request_id", "seq", "timestamp", "action", "value"),
            keys=[(counter_of(entry.stream), entry.sender, entry.request_id) for entry in entries],
        )
        return {
            (stream_of(name), sender, request_id): Earlier(seq, timestamp, (action, value))
            for name, sender, request_id, seq, timestamp, action, value in rows
        }

    def insert(
        self, cursor: CursorWrapper, batches: Sequence[Batch], created: datetime
    ) -> list[list[Line]]:
        """Change the counters one after the other; one out of range changes nothing."""
        values = read_values(batches)
        stored = ours().ops.adapt_datetimefield_value(created)
        rows: list[tuple[Any, ...]] = []
        stands: list[tuple[str, int, int]] = []
        lines: list[list[Line]] = []
        for batch in batches:
            name = counter_of(batch.stream)
            value, seq = values.get(name, 0), batch.first
            lines.append([])
            for entry in batch.entries:
                draft: Draft = entry.body
                try:
                    value = changed_value(value, draft.action, draft.value)
                except OutOfRangeError as refusal:
                    lines[-1].append(refusal)
                    continue
                request_id = entry.request_id or None
                rows.append(
                    (
                        *(name, seq, draft.action, draft.value, value),
                        *(entry.sender, request_id, draft.timestamp, stored),
                    )
                )
                frame = changed_frame(Changed(*draft, value, seq))
                lines[-1].append(Telling(frame, value=value))
                seq += 1
            if seq > batch.first:
                stands.append((name, value, seq - 1))
        if rows:
            cursor.executemany(INSERT, rows)
            cursor.executemany(SET, stands)
        return lines

    def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """The changes."""
        rows = Change.objects.filter(name=counter_of(stream), seq__gt=after, seq__lte=upto)
        columns = ("action", "value", "timestamp", "counter", "seq")
        return [
            read_back(row[-1], Telling(changed_frame(Changed(*row)), value=row[-2]), created)
            for *row, created in rows.order_by("seq").values_list(*columns, "created")[:PAGE]
        ]

    def same(self, entry: Entry, earlier: Earlier) -> bool:
        """Whether it is the same change."""
        draft: Draft = entry.body
        return tuple(earlier.body)[:2] == draft[:2]

    def stamp(self, entry: Entry) -> str:
        """When it was asked for."""
        draft: Draft = entry.body
        return draft.timestamp

    def group(self, stream: str) -> str:
        """The counter's members."""
        return counter_group(counter_of(stream))

    def tell(self, hub: Hub, event: Event) -> None:
        """Changes are for everyone; their value is the counter's after them."""
        hub.tell(self.group(event.stream), event)
        note_standing(counter_of(event.stream), hub, Standing(event.value, event.seq))

    def relay(self, event: Event) -> None:
        """Version 1's event, for Channels consumers in the counter's group."""
        pass_on(self.group(event.stream), event, RELAYED)


counter_log = CounterLog()


def read_values(batches: Sequence[Batch]) -> dict[str, int]:
    """Where the counters stand; their streams are locked, so they stand still."""
    names = [counter_of(batch.stream) for batch in batches]
    return dict(Counter.objects.filter(name__in=names).values_list("name", "value"))
