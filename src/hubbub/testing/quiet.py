"""Waits until all that was set off in this process has been told, and for no time at all.

A message is sent, stored, rung for, told and written, each by another task, thread or loop. So
they are looked at in this order, until in one whole round none of them had anything to do.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from hubbub.chat import rooms
from hubbub.counter import audience
from hubbub.crossing import in_database
from hubbub.journal import process
from hubbub.journal.attach import reach
from hubbub.tasks import under_way
from hubbub.testing.dial import open_dials
from hubbub.undertest import is_within_block, lent

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from hubbub.journal.followers import Followers

T = TypeVar("T")

#: Seconds between two looks.
PAUSE = 0.002


async def settle(deadline: float = 10.0) -> None:
    """Return when everything is told that was done until now. Raises AssertionError if never."""
    try:
        async with asyncio.timeout(deadline):
            while not await is_quiet():  # noqa: ASYNC110 - of threads and tables, without an event
                await asyncio.sleep(PAUSE)
    except TimeoutError:
        raise AssertionError(f"still busy after {deadline} s") from None


async def is_quiet() -> bool:
    """Whether nobody had anything to do; then all that was told is written, too."""
    was_busy, submitted = busy(), process.writer.submitted
    here = [
        followers for followers in process.all_followers.alive() if followers.hub.loop.is_running()
    ]
    for followers in here:
        await on_its_loop(followers, tell_rest(followers))
    is_busy = busy() or any(map(has_unwritten, here))
    return not (was_busy or is_busy) and process.writer.submitted == submitted


def busy() -> bool:
    """Whether a task, the writer's thread or a timer has something to do yet."""
    return (
        not all(dial.idle() for dial in tuple(open_dials))
        or bool(under_way())
        or not process.writer.is_idle()
        or rooms.crowds.timers() > 0
        or audience.crowds.timers() > 0
    )


async def tell_rest(followers: Followers) -> None:
    """Have an event loop tell what is in the table, if that is committed, and in its hub."""
    await asyncio.sleep(0)  # what was handed to the loop before has its turn first
    hidden = bool(lent) and await in_database(is_within_block)
    streams = [] if hidden else list(followers._followers)
    for stream, where in (await followers.source.extents(streams)).items():
        await reach(followers, stream, where.last_seq)
    followers.hub.flush()


def has_unwritten(followers: Followers) -> bool:
    """Whether something waits for a server's `send`."""
    members = {
        member for group in tuple(followers.hub._members.values()) for member in tuple(group)
    }
    return any(member.buffered() for member in members)


async def on_its_loop(followers: Followers, work: Coroutine[Any, Any, T]) -> T:
    """Do something on the loop of followers."""
    if followers.hub.loop is asyncio.get_running_loop():
        return await work
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, followers.hub.loop))
