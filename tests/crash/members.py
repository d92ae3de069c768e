"""Clients that come back after each kill, and say what they want to say until it is acked."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.crash.client import GONE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from websockets.asyncio.client import ClientConnection

    from tests.crash.ears import Ear, Frame


class Voice:
    """What somebody has to say, one after the other, each until it is acked."""

    def __init__(self, wishes: Sequence[Frame], random: Random) -> None:
        self.acks: dict[str, Frame] = {}
        self.wishes = wishes
        self._ids = {wish["id"] for wish in wishes}
        self._random = random
        self._answered = asyncio.Event()

    @property
    def done(self) -> bool:
        return len(self.acks) == len(self.wishes)

    async def speak(self, connection: ClientConnection) -> None:
        """Say what was not acked yet."""
        for wish in [wish for wish in self.wishes if wish["id"] not in self.acks]:
            while wish["id"] not in self.acks:
                self._answered.clear()
                await connection.send(json.dumps(wish))
                await self._answered.wait()
                await asyncio.sleep(self._random.uniform(0, 0.15))

    def take(self, frame: Frame) -> bool:
        """Whether a frame answers something that was said; only `overloaded` may be said again."""
        if frame.get("id") not in self._ids:
            return False
        if frame["type"] == "ack":
            self.acks[frame["id"]] = frame
        elif frame.get("code") != "overloaded":
            return False
        self._answered.set()
        return True


class OwnSocket:
    """A client with a stream's own socket."""

    def __init__(self, ear: Ear, voice: Voice) -> None:
        self.ears = {ear.stream: ear}
        self.voice = voice
        self.connections = 0
        self._ear = ear

    def path(self) -> str:
        return self._ear.path()

    async def arrive(self, connection: ClientConnection) -> None:
        """Its path has said all."""

    def take(self, frame: Frame) -> None:
        if not self.voice.take(frame):
            self._ear.take(frame)


class OneSocket:
    """A client that hears all streams by one."""

    def __init__(self, ears: dict[str, Ear], voice: Voice, random: Random) -> None:
        self.ears = ears
        self.voice = voice
        self.connections = 0
        self._random = random

    def path(self) -> str:
        return "/ws/"

    async def arrive(self, connection: ClientConnection) -> None:
        """Subscribe to all, in another order each time."""
        for ear in self._random.sample(list(self.ears.values()), len(self.ears)):
            frame = {"type": "subscribe", "stream": ear.stream, **ear.wanted()}
            await connection.send(json.dumps(frame))

    def take(self, frame: Frame) -> None:
        if not self.voice.take(frame):
            self.ears[frame["stream"]].take(frame)


async def live(member: Any, url: Callable[[str], str], token: str, life: Callable[[], int]) -> None:
    """Stay connected for ever, whatever happens to the server."""
    options = {"compression": None, "proxy": None, "max_queue": None, "open_timeout": 5}
    headers = {"Authorization": f"Bearer {token}"}
    offered = ["hubbub.v1"]
    while True:
        try:
            async with connect(
                url(member.path()), additional_headers=headers, subprotocols=offered, **options
            ) as connection:
                member.connections += 1
                for ear in member.ears.values():
                    ear.begin(life())
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(listen(member, connection))
                    await member.arrive(connection)
                    tasks.create_task(member.voice.speak(connection))
        except* GONE:
            for ear in member.ears.values():
                ear.end()
            await asyncio.sleep(0.02)


async def listen(member: Any, connection: ClientConnection) -> None:
    """Take what comes, until the connection ends."""
    async for text in connection:
        member.take(json.loads(text))
    raise ConnectionClosed(None, None)


async def call(
    base: str, token: str, posts: Sequence[tuple[str, Frame]], random: Random
) -> list[Frame]:
    """Post one after the other over HTTP, each until it is taken; what was answered."""
    answers = []
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=base, headers=headers, timeout=60, trust_env=False
    ) as client:
        for path, body in posts:
            while True:
                try:
                    answer = await client.post(path, json=body)
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                assert answer.status_code in {200, 201, 503}, answer.text
                if answer.status_code != 503:
                    break
                await asyncio.sleep(0.05)
            answers.append(answer.json())
            await asyncio.sleep(random.uniform(0, 0.05))
    return answers
