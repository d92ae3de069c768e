"""One read for all who ask for the same at once: after a restart a thousand members do.

What a member is told from now on begins where its snapshot ends, so a read that had begun before it
came is no use to it. Whoever comes while one is under way shares the next.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

T = TypeVar("T")

#: Seconds to wait for a read that is under way; after them the next begins beside it, so that one
#: that hangs keeps nobody else.
PATIENCE = 1.0


class Reads:
    """What is being read on one event loop, and what is to be read after it."""

    def __init__(self) -> None:
        self._begun: dict[Hashable, asyncio.Task[Any]] = {}
        self._next: dict[Hashable, asyncio.Task[Any]] = {}

    async def share(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """What `read` finds, begun after this call; a key stands for one thing to be read.

        Raises what `read` raises. Who is cancelled stops waiting, and the read goes on.
        """
        task = self._next.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._read(key, read))
            task.add_done_callback(retrieve)
            self._next[key] = task
        return cast("T", await asyncio.shield(task))

    async def _read(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        before = self._begun.get(key)
        if before is not None:
            await asyncio.wait([before], timeout=PATIENCE)
        self._begun[key] = here = self._next.pop(key)
        try:
            return await read()
        finally:
            if self._begun.get(key) is here:
                del self._begun[key]


def retrieve(task: asyncio.Task[Any]) -> None:
    """Look at how a read ended, since nobody may wait for it any more."""
    if not task.cancelled():
        task.exception()
