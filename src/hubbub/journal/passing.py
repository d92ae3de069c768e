"""What is told and stored nowhere: at once, on every event loop of the process.

There is no table, no number, no thread and no queue: a member who is not there misses it.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

from hubbub.anew import forgotten_by
from hubbub.bus.base import Event
from hubbub.fanout.hub import hubs
from hubbub.fanout.layer import HINT, living
from hubbub.journal.entry import Stored
from hubbub.observe.events import EVENT_UNHEARD
from hubbub.observe.report import report

if TYPE_CHECKING:
    from hubbub.journal.entry import Entry
    from hubbub.journal.table import Table

#: The epoch of what has no numbers. It is none of the journal's: a client that comes back with it
#: to a stream which is stored by now is told that it has missed something.
NOWHERE = "none"

_lock = RLock()
_warned = False


def tell(entry: Entry) -> None:
    """Tell an event to all who hear its stream in this process. From any thread.

    Raises OverloadedError, and then nobody is told, where that many wait to be written.
    """
    assert entry.told is not None
    tell_frame(entry.table, entry.stream, entry.told.frame)


def tell_frame(table: Table, stream: str, frame: bytes) -> None:
    """The same of an event of which there is no more than its frame."""
    group, layers = table.group(stream), living()
    if not layers and (only := hubs.only()) is not None:
        only.check_room()
        only.publish(group, frame)  # one inbox has one order
        return
    here = hubs.alive()
    # Over all loops, so that everybody hears in the same order two that speak at once.
    with _lock:
        for hub in here:
            hub.check_room()
        for hub in here:
            hub.publish(group, frame)
        if layers:
            table.relay(Event(stream, NOWHERE, 0, frame))
    if not here:
        warn(stream)


def taken(entry: Entry) -> Stored:
    """What is answered: there is no number."""
    assert entry.told is not None
    return Stored(entry, NOWHERE, 0, entry.told.timestamp, entry.told.frame)


def warn(stream: str) -> None:
    """Say once that nobody can hear what this process tells."""
    global _warned  # noqa: PLW0603 - only ever set
    if not (_warned or any(layer.has_receivers for layer in living())):
        _warned = True
        report(EVENT_UNHEARD, "no sockets here", group=stream, hint=HINT)


def forget() -> None:
    """Begin anew; who held the lock may not be there any more."""
    global _lock, _warned
    _lock, _warned = RLock(), False


forgotten_by(forget)
