"""How Channels consumers hear what an endpoint's groups are told.

A thread with an event loop of its own follows the streams whose groups have channels, as any other
follows those that have members. So each event comes to each channel once, whatever loops and
threads the consumers live on, and whether or not a socket of an endpoint is open beside them.
"""

from __future__ import annotations

import asyncio
from threading import Lock, Thread
from typing import TYPE_CHECKING

from hubbub.anew import ended_by, forgotten_by
from hubbub.fanout.hub import Hub
from hubbub.fanout.layer import has_channels, sweep
from hubbub.fanout.layer import relay as relay_event
from hubbub.journal.followers import Followers
from hubbub.journal.process import all_followers, begin
from hubbub.journal.source import DatabaseSource
from hubbub.wire.codec import read_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from hubbub.bus.base import Event
    from hubbub.journal.table import Table

    StreamOf = Callable[[str], str | None]

#: Seconds between two looks at which groups have lost their last channel.
SWEEP = 1.0
#: Seconds that the end of its thread is waited for.
END_SECONDS = 5.0


def tell_channels(table: Table, hub: Hub, event: Event) -> None:
    """Tell an event to the channels in its stream's group."""
    del hub
    table.relay(event)


def pass_on(group: str, event: Event, keys: Collection[str] | None = None, **more: str) -> None:
    """Tell the channels of a group what has these keys in an event's frame, or all, and `more`."""
    if event.frame and not event.added and has_channels(group):
        content = read_frame(event.frame)
        wanted = content if keys is None else keys
        relay_event(group, more | {key: content[key] for key in wanted if key in content})


class Relay:
    """Follows streams for the layers' groups."""

    def __init__(self) -> None:
        self._streams: list[StreamOf] = []
        self.forget()

    def forget(self) -> None:
        """Be as it was before anything was followed."""
        self._followed: dict[str, str] = {}
        self._followers: Followers | None = None
        self._thread: Thread | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._lock = Lock()

    def end(self) -> None:
        """End the thread and its loop."""
        thread, followers = self._thread, self._followers
        if thread is not None and followers is not None:
            followers.hub.loop.call_soon_threadsafe(followers.hub.loop.stop)
            thread.join(END_SECONDS)
        self.forget()

    def open(self, stream_of: StreamOf) -> None:
        """Have the groups followed that `stream_of(group)` knows the stream of."""
        self._streams.append(stream_of)

    async def follow(self, group: str) -> None:
        """Return when it is known where the group's stream stands: nothing after that is missed.

        From any loop; the group must have a channel already. Raises OverloadedError while the
        database is away.
        """
        stream = self._stream(group)
        if stream is not None:
            loop = self._start().hub.loop
            settled = asyncio.run_coroutine_threadsafe(self._settle(group, stream), loop)
            await asyncio.wrap_future(settled)

    def follows(self, stream: str) -> bool:
        """Whether a stream is followed."""
        return self._followers is not None and self._followers.find(stream) is not None

    def _stream(self, group: str) -> str | None:
        found = (stream_of(group) for stream_of in self._streams)
        return next((stream for stream in found if stream is not None), None)

    def _start(self) -> Followers:
        with self._lock:
            if self._followers is None:
                loop = asyncio.new_event_loop()
                self._thread = Thread(target=run, args=(loop,), name="hubbub-relay", daemon=True)
                self._thread.start()
                begin()
                followers = Followers(Hub(loop), DatabaseSource(), tell_channels)
                self._followers = all_followers.add(loop, followers)
            return self._followers

    # All below runs on the relay's own loop.

    async def _settle(self, group: str, stream: str) -> None:
        assert self._followers is not None
        self._look(group, stream)
        await self._followers.settled(stream)

    def _look(self, group: str, stream: str) -> None:
        """Follow a group that has channels, and no other: whatever was asked for in what order."""
        assert self._followers is not None
        if has_channels(group) == (group in self._followed):
            return
        if group in self._followed:
            del self._followed[group]
            self._followers.leave(stream)
        else:
            self._followed[group] = stream
            self._followers.enter(stream)
            if self._timer is None:
                self._timer = self._followers.hub.loop.call_later(SWEEP, self._tick)

    def _tick(self) -> None:
        assert self._followers is not None
        sweep()
        for group, stream in tuple(self._followed.items()):
            self._look(group, stream)
        again = self._followers.hub.loop.call_later
        self._timer = again(SWEEP, self._tick) if self._followed else None


def run(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop until it is stopped, and end what is under way then."""
    loop.run_forever()
    loop.run_until_complete(end_tasks())
    loop.close()


async def end_tasks() -> None:
    """Cancel what is under way on this loop, and wait for it."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


relay = Relay()
ended_by(relay.end)
forgotten_by(relay.forget)
