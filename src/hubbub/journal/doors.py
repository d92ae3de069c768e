"""Doors for the events of Python publishers that are stored before they are told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hubbub.fanout.doors import Door, open_door
from hubbub.journal.append import append, append_now
from hubbub.journal.relay import relay

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubbub.journal.log import Entry
    from hubbub.journal.relay import StreamOf

    MakeEntries = Callable[[str, dict[str, Any]], list[Entry]]


def open_stored(event_type: str, *, stream_of: StreamOf, entries: MakeEntries) -> None:
    """Have events of a type stored as what `entries(group, event)` makes of them.

    In those groups that `stream_of(group)` knows the stream of; channels in them hear all of it.
    """

    def publish(group: str, event: dict[str, Any]) -> None:
        append_now(entries(group, event))

    async def apublish(group: str, event: dict[str, Any]) -> None:
        await asyncio.gather(*(append(entry) for entry in entries(group, event)))

    open_door(event_type, Door(lambda group: stream_of(group) is not None, publish, apublish))
    relay.open(stream_of)
