"""What a request hears after its answer: nothing.

A server tells it then that it is over (ASGI's `http.disconnect`). Django's handler raises at that
an exception that holds the response, and itself, until the collector comes: some hundred bodies.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


class Answered:
    """An ASGI application around Django's, which hears of no end once it has answered."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one HTTP request (ASGI)."""
        answered = False

        async def hear() -> dict[str, Any]:
            message = await receive()
            if answered and message["type"] == "http.disconnect":
                await asyncio.get_running_loop().create_future()
            return message

        async def tell(message: dict[str, Any]) -> None:
            nonlocal answered
            answered = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        await self._application(scope, hear, tell)
