"""The simulated endpoint's `Table`: one kind of stream, whose frames say what was stored where."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hubbub.fanout.frame import read_texts
from hubbub.journal.table import _tables
from tests.simulation.database import read_told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubbub.bus.base import Event
    from hubbub.fanout.hub import Hub

KIND = "sim"


def group_of(stream: str) -> str:
    """A stream's members."""
    return stream.replace(":", "_")


class SimTable:
    """See `hubbub.journal.table.Table`; what is stored and read never comes this way here."""

    def group(self, stream: str) -> str:
        """The members."""
        return group_of(stream)

    def stamp(self, entry: Any) -> str:
        """No time of day."""
        return ""

    def tell(self, hub: Hub, event: Event) -> None:
        """All are for all members, who are extended."""
        hub.tell(group_of(event.stream), event)

    def relay(self, event: Event) -> None:
        """Note what Channels consumers of the process that runs now would hear."""
        loop: Any = asyncio.get_running_loop()
        loop.relayed += [read_told(text).name for text in read_texts(event.frame)]


sim_table = SimTable()


@contextmanager
def opened() -> Iterator[None]:
    """Have the journal know the table while the block runs; no other test has such streams."""
    _tables[KIND] = sim_table  # type: ignore[assignment]
    try:
        yield
    finally:
        del _tables[KIND]
