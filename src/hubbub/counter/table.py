"""The counters' tables, as the journal writes and reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hubbub.counter.audience import note_standing
from hubbub.counter.messages import Action, Changed, Standing, counter_group
from hubbub.counter.models import Change, Counter
from hubbub.errors import OutOfRangeError
from hubbub.fanout.frame import frame_of
from hubbub.streams.table import Table, Telling, by_settings, name_of
from hubbub.wire.codec import LARGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.utils import CursorWrapper

    from hubbub.bus.base import Event
    from hubbub.fanout.hub import Hub
    from hubbub.streams.table import Batch, Entry, Values

SET = """
    INSERT INTO hubbub_counter (name, value, version) VALUES (%s, %s, %s)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, version = excluded.version
"""


class Body(NamedTuple):
    """A change that is asked for; when it is stored, with the counter's value after it."""

    action: Action
    value: int
    timestamp: str
    counter: int = 0


class CounterTable(Table):
    """See `hubbub.streams.table.Table`. Each change is stored with what it makes of the counter."""

    columns = Body._fields
    #: What version 1's event has.
    relayed = ("type", "action", "value", "timestamp")

    def body(self, sender: str, *values: Any) -> Body:
        """A change that is stored."""
        del sender
        return Body(*values)

    def telling(self, seq: int, sender: str, body: Body) -> Telling:
        """Version 1's event, and where the counter stands after it."""
        del sender
        return Telling(frame_of(Changed(*body, seq)), value=body.counter)

    def meaning(self, body: Body) -> object:
        """What is done, and by how much."""
        return body.action, body.value

    def settle(self, batches: Sequence[Batch]) -> list[Body | OutOfRangeError]:
        """The changes one after the other; one out of range changes nothing."""
        names = [name_of(batch.stream) for batch in batches]
        values = read_values(names)
        found: list[Body | OutOfRangeError] = []
        for name, batch in zip(names, batches, strict=True):
            found += changes(values.get(name, 0), batch.entries)
        return found

    def besides(self, cursor: CursorWrapper, rows: Sequence[Values]) -> None:
        """Have the counters stand where the last change of each leaves them."""
        stands = {row[0]: (row[0], row[-1], row[1]) for row in rows}
        cursor.executemany(SET, list(stands.values()))

    def group(self, stream: str) -> str:
        """The counter's members."""
        return counter_group(name_of(stream))

    def tell(self, hub: Hub, event: Event) -> None:
        """Changes are for everyone; their value is the counter's after them."""
        super().tell(hub, event)
        note_standing(name_of(event.stream), hub, Standing(event.value, event.seq))


keep = by_settings("counter_keep_days", "counter_keep_changes")
counter_table = CounterTable("counter", Change, keep)


def changes(counter: int, entries: Sequence[Entry]) -> list[Body | OutOfRangeError]:
    """What entries make of a counter that stands there."""
    found: list[Body | OutOfRangeError] = []
    for entry in entries:
        action, value, timestamp, _ = entry.body
        try:
            counter = changed_value(counter, action, value)
            found.append(Body(action, value, timestamp, counter))
        except OutOfRangeError as refusal:
            found.append(refusal)
    return found


def changed_value(counter: int, action: Action, value: int) -> int:
    """The value after a change. Raises OutOfRangeError."""
    if action == "reset":
        return 0
    result = counter + value if action == "increment" else counter - value
    if abs(result) > LARGEST:
        raise OutOfRangeError
    return result


def read_values(names: Sequence[str]) -> dict[str, Any]:
    """Where counters stand; their streams are locked, so they stand still."""
    return dict(Counter.objects.filter(name__in=names).values_list("name", "value"))
