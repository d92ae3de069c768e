"""Who is in which group, and the way of a frame to all of them.

A hub belongs to one event loop. `publish` may be called from any thread: it puts the frame into
the hub's inbox and sees to it that the loop empties the inbox once in its next turn. So the order
of `publish` is the order at every member, and the frames of one turn leave in one write a member.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from hubbub.anew import forgotten_by
from hubbub.observe.events import MEMBER_FAILED
from hubbub.observe.report import report
from hubbub.perloop import PerLoop
from hubbub.wire.closes import INTERNAL_ERROR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubbub.bus.base import Event
    from hubbub.fanout.outlet import Hold, Outlet
    from hubbub.wire.closes import Close

#: Deliveries from which on a flush waits for what is arriving, and how many times it looks.
MANY = 200
LOOKS = 4
#: Seconds that it waits for frames that are being stored.
WAIT = 0.001


class Hub:
    """The groups of one event loop, and the frames on their way to them."""

    __slots__ = (
        "_answers",
        "_armed",
        "_expected",
        "_groups",
        "_holds",
        "_inbox",
        "_looks",
        "_seen",
        "_wait",
        "loop",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._groups: dict[str, set[Outlet]] = {}
        self._holds: dict[str, set[Hold]] = {}
        self._inbox: deque[tuple[str, bytes, Outlet | None, Event | None]] = deque()
        self._answers: dict[Outlet, list[bytes]] = {}
        self._armed = False
        self._looks = 0
        self._seen = 0
        self._expected = 0
        self._wait: asyncio.TimerHandle | None = None

    def join(self, group: str, outlet: Outlet) -> None:
        """Add a member: it gets every frame published from now on, and none from before."""
        self.flush()
        members = self._groups.get(group)
        if members is None:
            self._groups[group] = {outlet}
        else:
            members.add(outlet)

    def leave(self, group: str, outlet: Outlet) -> None:
        """Take a member out; a group that nobody is in is forgotten. Leaving twice is no error."""
        members = self._groups.get(group)
        if members is not None:
            members.discard(outlet)
            if not members:
                del self._groups[group]

    def close(self, group: str, close: Close) -> None:
        """Say goodbye to every member of a group, and to those that are catching up."""
        for member in (*self._groups.get(group, ()), *self._holds.get(group, ())):
            member.close(close)

    def size(self, group: str) -> int:
        """Members of a group on this loop."""
        return len(self._groups.get(group, ()))

    def groups(self) -> int:
        """Groups with at least one member on this loop."""
        return len(self._groups)

    def publish(self, group: str, frame: bytes, skip: Outlet | None = None) -> None:
        """Have `frame` written to every member but `skip`, in the next turn of the loop."""
        self._inbox.append((group, frame, skip, None))
        self._arm()

    def tell(self, group: str, event: Event, frame: bytes | None = None) -> None:
        """Have a stored event's frame written to every member, in the next turn of the loop.

        `frame` where it is another one for this group; an empty one tells nobody, but those that
        are catching up learn of the event.
        """
        self._inbox.append((group, event.frame if frame is None else frame, None, event))
        self._arm()

    def hold(self, groups: Iterable[str], hold: Hold) -> None:
        """Have kept for a member what is told in groups from now on."""
        self.flush()
        for group in groups:
            self._holds.setdefault(group, set()).add(hold)

    def release(self, groups: Iterable[str], hold: Hold) -> None:
        """End that; what was published up to now has been kept."""
        self.flush()
        for group in groups:
            self._holds[group].discard(hold)
            if not self._holds[group]:
                del self._holds[group]

    def answer(self, outlet: Outlet, frame: bytes) -> None:
        """Have `frame` written to one member, in the same write as what its groups get."""
        self._answers.setdefault(outlet, []).append(frame)
        self._arm()

    def _arm(self) -> None:
        if self._armed:
            return
        self._armed = True
        try:
            here = asyncio.get_running_loop() is self.loop
        except RuntimeError:
            here = False
        if here:
            self.loop.call_soon(self._flush_or_wait)
        else:
            # Between the look at the loop and this call, its thread may have closed it.
            with suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self._flush_or_wait)

    def expect(self) -> None:
        """Announce a frame that will be published here as soon as it is stored."""
        self._expected += 1

    def arrived(self) -> None:
        """One of what was announced has come, or will not; the last one ends the wait."""
        self._expected -= 1
        if not self._expected and self._wait is not None:
            self._wait.cancel()
            self._wait = None
            self.loop.call_soon(self.flush)

    def _flush_or_wait(self) -> None:
        """Flush; but where many writes are about to be made, wait for what is just being stored.

        What comes within the millisecond shares the writes of the whole room (2 µs a member).
        """
        if self._wait is not None:
            return
        waiting = len(self._inbox)
        if self._deliveries() <= MANY:
            self.flush()
        elif self._expected:
            self._wait = self.loop.call_later(WAIT, self.flush)
        elif waiting > self._seen and self._looks < LOOKS:
            self._seen = waiting
            self._looks += 1
            self.loop.call_soon(self._flush_or_wait)
        else:
            self.flush()

    def _deliveries(self) -> int:
        """Writes that the inbox asks for, up to a little more than `MANY`."""
        total = 0
        for group, *_ in self._inbox:
            total += len(self._groups.get(group, ()))
            if total > MANY:
                break
        return total

    def flush(self) -> None:
        """Write what is in the inbox; frames of one group and turn are joined once for all."""
        # Disarmed before it reads: a frame that another thread appends meanwhile is either still
        # seen below or arms the next turn. The other order could leave one behind.
        self._armed = False
        self._looks = self._seen = 0
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None
        batches: dict[str, list[bytes]] = {}
        while self._inbox:
            group, frame, skip, event = self._inbox.popleft()
            for hold in self._holds.get(group, ()) if self._holds else ():
                hold.keep(frame, event)
            if skip is None:
                batch = batches.get(group)
                if batch is None:
                    batches[group] = [frame]
                else:
                    batch.append(frame)
            else:
                self._write(group, batches.pop(group, []))
                self._write(group, [frame], skip)
        for group, batch in batches.items():
            self._write(group, batch)
        answers, self._answers = self._answers, {}
        for outlet, frames in answers.items():
            self._write_one(outlet, b"".join(frames))

    def _write(self, group: str, frames: list[bytes], skip: Outlet | None = None) -> None:
        members = self._groups.get(group)
        data = frames[0] if len(frames) == 1 else b"".join(frames)
        if not members or not data:
            return
        if self._answers:
            self._write_with_answers(tuple(members), data, skip)
            return
        # Over a copy: a write may close a member that is too slow, and a close may leave a group.
        for outlet in tuple(members):
            if outlet is not skip:
                try:
                    outlet.write(data)
                except Exception as error:  # noqa: BLE001 - one member's trouble is no other's
                    give_up(outlet, error)

    def _write_with_answers(
        self, members: tuple[Outlet, ...], data: bytes, skip: Outlet | None
    ) -> None:
        for outlet in members:
            own = self._answers.pop(outlet, None)
            if outlet is skip:
                data_for = b"".join(own or ())
            else:
                data_for = data if own is None else b"".join((data, *own))
            if data_for:
                self._write_one(outlet, data_for)

    def _write_one(self, outlet: Outlet, data: bytes) -> None:
        try:
            outlet.write(data)
        except Exception as error:  # noqa: BLE001 - one member's trouble is no other's
            give_up(outlet, error)


def give_up(outlet: Outlet, error: Exception) -> None:
    """Part from a member that cannot be written to, since it would miss something."""
    report(MEMBER_FAILED, type(error).__name__, error=error)
    with suppress(Exception):
        outlet.close(INTERNAL_ERROR)


hubs = PerLoop(Hub)
forgotten_by(hubs.forget)


def local_hub() -> Hub:
    """The running event loop's hub, made at the first call. Raises RuntimeError without a loop."""
    return hubs.here()


def has_hub() -> bool:
    """Whether this process serves, or has served, WebSockets."""
    return bool(hubs)


def publish(group: str, frame: bytes, skip: Outlet | None = None) -> None:
    """Have `frame` written to the members of `group` on every event loop of the process."""
    for hub in hubs.alive():
        hub.publish(group, frame, skip)
