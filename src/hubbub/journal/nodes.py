"""The nodes of this process, one an event loop, and the writer and bus that they share."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from hubbub.anew import ended_by, forgotten_by
from hubbub.bus.base import Event
from hubbub.bus.memory import MemoryBus
from hubbub.fanout.hub import find_hub, local_hub
from hubbub.journal.node import Node
from hubbub.journal.table import DatabaseTable
from hubbub.journal.watch import Watch
from hubbub.journal.writer import Writer
from hubbub.neighbours import take_seat

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubbub.bus.base import Bus
    from hubbub.journal.log import Stored

_memory = MemoryBus()
bus: Bus = _memory
_nodes: tuple[tuple[Node, Callable[[], None]], ...] = ()
_lock = Lock()


def local_node() -> Node:
    """The node of the running event loop, made at the first call."""
    hub = local_hub()
    for node, _ in _nodes:
        if node.hub is hub:
            return node
    return add_node(Node(hub, DatabaseTable()))


def add_node(node: Node) -> Node:
    """Have a node hear of what is stored, here and elsewhere; returns it."""
    global _nodes  # noqa: PLW0603 - replaced whole, so that others may read it without the lock
    with _lock:
        alive = []
        for old in _nodes:
            if old[0].hub.loop.is_closed():
                old[1]()
            else:
                alive.append(old)
        _nodes = (*alive, (node, bus.subscribe(node.ring)))
    watch.start()
    writer.start()
    take_seat()
    return node


def use_bus(other: Bus) -> Bus:
    """Have the nodes hear each other by another bus from now on; returns the one until now."""
    global bus, _nodes  # noqa: PLW0603 - as above
    with _lock:
        before, bus = bus, other
        for _, end in _nodes:
            end()
        _nodes = tuple((node, bus.subscribe(node.ring)) for node, _ in _nodes)
    return before


def wake_all() -> None:
    """Have every node look at the table. From any thread."""
    for node, _ in _nodes:
        node.wake()


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


def forget_nodes() -> None:
    """Let go of the nodes whose hubs are forgotten."""
    global bus, _nodes, _lock  # noqa: PLW0603 - as above
    kept = [node for node, _ in _nodes if find_hub(node.hub.loop) is node.hub]
    _memory.forget()
    bus, _lock = _memory, Lock()
    _nodes = tuple((node, bus.subscribe(node.ring)) for node in kept)


ended_by(watch.stop)
ended_by(writer.stop)
forgotten_by(watch.forget)
forgotten_by(writer.forget)
forgotten_by(forget_nodes)
