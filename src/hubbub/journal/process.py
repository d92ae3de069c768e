"""What the event loops of this process share: a writer, a bus, and what wakes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.anew import ended_by, forgotten_by
from hubbub.bus.base import Event
from hubbub.bus.memory import MemoryBus
from hubbub.fanout.hub import local_hub
from hubbub.journal.followers import Followers
from hubbub.journal.source import DatabaseSource
from hubbub.journal.watch import Watch
from hubbub.journal.writer import Writer
from hubbub.neighbours import take_seat
from hubbub.perloop import PerLoop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.bus.base import Bus
    from hubbub.journal.entry import Stored


def make_followers(_: object) -> Followers:
    """Those of the running event loop; what wakes them and stores is started."""
    begin()
    return Followers(local_hub(), DatabaseSource())


all_followers = PerLoop(make_followers)


def local_followers() -> Followers:
    """Those of the running event loop, made at the first call."""
    return all_followers.here()


def begin() -> None:
    """Start what all loops share, if it does not run."""
    watch.start()
    writer.start()
    take_seat()


def hear(events: Sequence[Event]) -> None:
    """Take what the bus brings to every event loop. From any thread."""
    for followers in all_followers.alive():
        followers.ring(events)


def wake_all() -> None:
    """Have every event loop look at the table. From any thread."""
    for followers in all_followers.alive():
        followers.wake()


_memory = MemoryBus()
bus: Bus = _memory
_end_hearing = bus.subscribe(hear)


def use_bus(other: Bus) -> Bus:
    """Ring and hear by another bus from now on; returns the one until now."""
    global bus, _end_hearing
    _end_hearing()
    before, bus, _end_hearing = bus, other, other.subscribe(hear)
    return before


def forget_bus() -> None:
    """Hear by the bus of this process alone, and as its only subscriber."""
    global bus, _end_hearing
    _memory.forget()
    bus, _end_hearing = _memory, _memory.subscribe(hear)


def ring(stored: Sequence[Stored]) -> None:
    """Tell of what was committed. From any thread."""
    if stored:
        bus.publish([event_of(one) for one in stored])


def event_of(one: Stored) -> Event:
    """What is told of what was stored."""
    place = (one.entry.stream, one.epoch, one.seq)
    return Event(*place, one.frame, one.mark, one.before, one.added, one.value)


watch = Watch(wake_all)
writer = Writer(ring, idle=watch.look)
ended_by(watch.stop)
ended_by(writer.stop)
forgotten_by(watch.forget)
forgotten_by(writer.forget)
forgotten_by(forget_bus)
forgotten_by(all_followers.forget)
