"""Finds where streams stand for those who wait for it, with one look at the table at a time.

What is asked for in one turn of the loop, or while a look is under way, goes into the next look
together. So a flood of new names takes one database thread, however long the database takes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hubbub.errors import OverloadedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

#: Seconds to wait for the place of a stream; after them the database is away.
SETTLE = 2.0


class Search:
    """The streams that are sought. `look` asks for some; False while the database is away."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        look: Callable[[Collection[str]], Awaitable[bool]],
        is_sought: Callable[[str], bool],
    ) -> None:
        self._loop = loop
        self._look = look
        self._is_sought = is_sought
        self._next: set[str] = set()
        self._asked: set[str] = set()
        self._task: asyncio.Task[bool] | None = None

    def begin(self, streams: Collection[str]) -> asyncio.Task[bool]:
        """Have streams asked for; returns the look that is under way, or the next one."""
        self._next.update(streams)
        if self._task is None:
            self._task = self._loop.create_task(self._ask())
        return self._task

    async def end(self, streams: Collection[str]) -> None:
        """Wait until none of the streams is sought any more.

        Raises OverloadedError where that takes `SETTLE` seconds, or while the database is away.
        """
        if not any(map(self._is_sought, streams)):
            return
        try:
            async with asyncio.timeout(SETTLE):
                while sought := set(filter(self._is_sought, streams)):
                    if not await asyncio.shield(self.begin(sought - self._asked)):
                        raise OverloadedError("place unknown")
        except TimeoutError:
            raise OverloadedError from None

    async def _ask(self) -> bool:
        self._asked, self._next = self._next, set()
        try:
            return await self._look(self._asked)
        finally:
            self._task, self._asked = None, set()
            if self._next:
                self.begin(())
