"""The nodes of this process, one an event loop, and the writer and bus that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.anew import ended_by, forgotten_by
from hubbub.bus.base import Event
from hubbub.bus.memory import MemoryBus
from hubbub.fanout.hub import local_hub
from hubbub.journal.node import Node
from hubbub.journal.source import DatabaseSource
from hubbub.journal.watch import Watch
from hubbub.journal.writer import Writer
from hubbub.neighbours import take_seat
from hubbub.perloop import PerLoop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.bus.base import Bus
    from hubbub.journal.entry import Stored


def make_node(_: object) -> Node:
    """The node of the running event loop; what wakes it and stores for it is started."""
    begin()
    return Node(local_hub(), DatabaseSource())


nodes = PerLoop(make_node)


def local_node() -> Node:
    """The node of the running event loop, made at the first call."""
    return nodes.here()


def begin() -> None:
    """Start what all nodes share, if it does not run."""
    watch.start()
    writer.start()
    take_seat()


def hear(events: Sequence[Event]) -> None:
    """Take what the bus brings to every node. From any thread."""
    for node in nodes.alive():
        node.ring(events)


def wake_all() -> None:
    """Have every node look at the table. From any thread."""
    for node in nodes.alive():
        node.wake()


_memory = MemoryBus()
bus: Bus = _memory
_end_hearing = bus.subscribe(hear)


def use_bus(other: Bus) -> Bus:
    """Have the nodes hear each other by another bus from now on; returns the one until now."""
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
    """Tell every node of what was committed. From any thread."""
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
forgotten_by(nodes.forget)
