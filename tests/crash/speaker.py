"""A client that says one thing after the other, and what became of it all."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING

from tests.databases import opened

if TYPE_CHECKING:
    from tests.api_v1.talk import Talk
    from tests.crash.site import Site

DEADLINE = 40.0
OVERLOADED = "overloaded"


class Speaker:
    """Says one thing after the other; what was acked, and the codes of what was refused."""

    def __init__(self, client: Talk) -> None:
        self.client = client
        self.acked: dict[str, int] = {}
        self.refused: list[str] = []
        self.numbers = count(1)

    async def say(self, text: str = "hello", key: str = "") -> bool:
        """Say something; whether it was acked."""
        key = key or f"id{next(self.numbers)}"
        await self.client.say_chat(text, id=key)
        while True:
            answer = await self.client.hear()
            if answer.get("id") == key and answer["type"] == "ack":
                self.acked[key] = answer["seq"]
                return True
            if answer.get("id") == key and answer["type"] == "error":
                self.refused.append(answer["code"])
                return False

    async def say_until(self, acked: bool, text: str = "hello") -> None:
        """Say things until one is acked, or until one is refused."""
        async with asyncio.timeout(DEADLINE):
            while await self.say(text) is not acked:  # noqa: ASYNC110 - it asks a server
                await asyncio.sleep(0.02)


def stored_in(server: Site, room: str) -> list[tuple[str, int]]:
    """What the table holds: id and seq."""
    query = f"SELECT request_id, seq FROM hubbub_chat_message WHERE name = '{room}' ORDER BY seq"
    with opened(server.env) as database:
        return database.execute(query).fetchall()


async def check_all(server: Site, speaker: Speaker, listener: Talk, room: str) -> None:
    """Everything acked is in the table and was heard, in order, with nothing between."""
    stored = await asyncio.to_thread(stored_in, server, room)
    assert dict(stored).items() >= speaker.acked.items()
    assert [seq for _, seq in stored] == list(range(1, len(stored) + 1))
    if not any(frame.get("seq") == len(stored) for frame in listener.heard):
        await listener.hear_until(seq=len(stored))
    heard = [frame["seq"] for frame in listener.heard if frame["type"] == "chat_message"]
    assert heard == [seq for _, seq in stored]
