"""A client that waits for frames, never for time: each wait ends with a frame or a deadline."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DEADLINE = 15.0
Frame = dict[str, Any]


class Talk:
    """One connection: what is said on it, and all that was heard."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.heard: list[Frame] = []

    async def say(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame))

    async def say_chat(self, message: str, **keys: Any) -> None:
        await self.say(type="chat_message", message=message, **keys)

    async def say_raw(self, payload: str | bytes) -> None:
        await self.connection.send(payload)

    async def hear(self) -> Frame:
        """The next frame."""
        async with asyncio.timeout(DEADLINE):
            text = await self.connection.recv()
        assert isinstance(text, str), "every frame is a text frame"
        frame: Frame = json.loads(text)
        self.heard.append(frame)
        return frame

    async def hear_until(self, **keys: Any) -> Frame:
        """The first frame that has these keys, and what comes before it in `heard`."""
        while True:
            frame = await self.hear()
            if frame | keys == frame:
                return frame

    async def hear_many(self, number: int, **keys: Any) -> list[Frame]:
        """As many frames that have these keys."""
        return [await self.hear_until(**keys) for _ in range(number)]

    async def hear_on(self) -> None:
        """Listen until the end, which is a ConnectionClosed."""
        while True:
            await self.hear()

    async def goodbye(self) -> tuple[int, str]:
        """Listen until the server closes: its code and reason."""
        with pytest.raises(ConnectionClosed) as caught:
            await self.hear_on()
        closed = caught.value.rcvd
        assert closed is not None, "the connection was cut, not closed"
        return closed.code, closed.reason


@asynccontextmanager
async def talk(
    url: str, *, bearer: str = "", authorization: str = "", cookie: str = "", **options: Any
) -> AsyncIterator[Talk]:
    """Connect, with a token or an `Authorization` header, or with a cookie, if they are given."""
    authorization = f"Bearer {bearer}" if bearer else authorization
    headers = {"Authorization": authorization} if authorization else {}
    if cookie:
        headers["Cookie"] = cookie
    async with connect(
        url, additional_headers=headers, compression=None, proxy=None, max_queue=None, **options
    ) as connection:
        yield Talk(connection)
