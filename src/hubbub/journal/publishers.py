"""Publishers whose events are stored before they are told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hubbub.fanout.publishers import Publisher, open_publisher
from hubbub.journal.append import append, append_now
from hubbub.journal.relay import relay
from hubbub.observe.events import EVENT_KEYS_DROPPED
from hubbub.observe.report import report

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from hubbub.journal.entry import Entry
    from hubbub.journal.relay import StreamOf

    MakeEntries = Callable[[str, dict[str, Any]], list[Entry]]

HINT = "Only the documented keys are stored and told; what is a project's own goes into `data`."


def open_stored(
    event_type: str, *, stream_of: StreamOf, entries: MakeEntries, keys: Collection[str]
) -> None:
    """Have events of a type stored as what `entries(group, event)` makes of them.

    In those groups that `stream_of(group)` knows the stream of; channels in them hear all of it.
    `keys` are those that are stored; what else an event has is left out, and the log says so.
    """

    def read(group: str, event: dict[str, Any]) -> list[Entry]:
        extra = event.keys() - keys - {"type"}
        if extra:
            names = " ".join(sorted(map(str, extra)))
            report(EVENT_KEYS_DROPPED, group=group, type=event_type, keys=names, hint=HINT)
        return entries(group, {key: event[key] for key in keys if key in event})

    def publish(group: str, event: dict[str, Any]) -> None:
        append_now(read(group, event))

    async def apublish(group: str, event: dict[str, Any]) -> None:
        await asyncio.gather(*(append(entry) for entry in read(group, event)))

    open_publisher(
        event_type, Publisher(lambda group: stream_of(group) is not None, publish, apublish)
    )
    relay.open(stream_of)
