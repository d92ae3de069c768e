"""The counters' tables, as the journal writes and reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hubbub.counter.audience import note_standing
from hubbub.counter.messages import Action, Changed, Standing, changed_frame, counter_group
from hubbub.counter.models import Change, Counter
from hubbub.database import ours
from hubbub.errors import OutOfRangeError
from hubbub.fanout.layer import has_channels, relay
from hubbub.journal.log import Earlier, Row
from hubbub.journal.lookup import find_rows
from hubbub.journal.marks import mark_of
from hubbub.wire.codec import LARGEST, read_frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper

    from hubbub.fanout.hub import Hub
    from hubbub.journal.log import Batch, Entry, Key, Line

KIND = "counter"
PAGE = 500
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
                lines[-1].append(changed_frame(Changed(*draft, value, seq)))
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
            Row(row[-1], changed_frame(Changed(*row)), mark_of(created))
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

    def tell(self, hub: Hub, stream: str, seq: int, frame: bytes) -> None:
        """Changes are for everyone."""
        hub.publish(self.group(stream), frame)
        note_standing(counter_of(stream), hub, Standing(read_frame(frame)["counter"], seq))

    def relay(self, stream: str, frame: bytes) -> None:
        """Version 1's event, for Channels consumers in the counter's group."""
        group = self.group(stream)
        if has_channels(group):
            event = read_frame(frame)
            keys = ("type", "action", "value", "timestamp")
            relay(group, {key: event[key] for key in keys})


counter_log = CounterLog()


def read_values(batches: Sequence[Batch]) -> dict[str, int]:
    """Where the counters stand; their streams are locked, so they stand still."""
    names = [counter_of(batch.stream) for batch in batches]
    return dict(Counter.objects.filter(name__in=names).values_list("name", "value"))
