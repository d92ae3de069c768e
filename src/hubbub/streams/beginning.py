"""What is known of a subscription until its client is told of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubbub.streams.subscribing import Subscribe


class Beginning:
    """A subscription that the client was not told of yet."""

    __slots__ = ("asked", "opens", "over", "payload", "task")

    def __init__(self, asked: Subscribe, payload: str | bytes) -> None:
        self.asked = asked
        self.payload = payload
        #: Whether something comes first that is still to be read.
        self.opens = True
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.task: asyncio.Task[None] | None = None

    def end(self) -> None:
        """Leave room for the next one."""
        if not self.over.done():
            self.over.set_result(None)

    def stop(self) -> None:
        """Wait no longer for what has to be known before."""
        self.end()
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()
