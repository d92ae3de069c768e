"""What the event loops of this process share: a writer, and the bells that they hear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.anew import ended_by, forgotten_by
from hubbub.bus.base import Event
from hubbub.fanout.hub import local_hub
from hubbub.journal.bells import bells
from hubbub.journal.followers import Followers
from hubbub.journal.source import DatabaseSource
from hubbub.journal.writer import Writer
from hubbub.neighbours import take_seat
from hubbub.perloop import PerLoop

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    bells.start()
    writer.start()
    take_seat()


class Here:
    """All event loops of the process, as a bell is heard by them."""

    def ring(self, events: Sequence[Event]) -> None:
        """Bring events to each."""
        for followers in all_followers.alive():
            followers.ring(events)

    def wake(self) -> None:
        """Have each look at the table."""
        for followers in all_followers.alive():
            followers.wake()


def ring(stored: Sequence[Stored]) -> None:
    """Tell of what was committed. From any thread."""
    if stored:
        bells.publish([event_of(one) for one in stored])


def event_of(one: Stored) -> Event:
    """What is told of what was stored."""
    stream, frame = one.entry.stream, one.frame
    return Event(stream, one.epoch, one.seq, frame, one.mark, one.before, one.added, one.value)


def hear() -> None:
    """Hear the bells."""
    bells.listen(Here())


hear()
writer = Writer(ring, idle=bells.look)
ended_by(writer.stop)
forgotten_by(hear)
forgotten_by(writer.forget)
forgotten_by(all_followers.forget)
