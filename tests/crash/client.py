"""A client as the published text wants it: it sends with ids until acked, resumes by `since`."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

if TYPE_CHECKING:
    from random import Random

    from websockets.asyncio.client import ClientConnection

Frame = dict[str, Any]
GONE = (ConnectionClosed, InvalidHandshake, InvalidMessage, OSError, EOFError, TimeoutError)
#: Seconds without an answer after which a request is sent again.
PATIENCE = 5.0


class Client:
    """Says `wishes` (frames with ids) one after the other, and hears everything in one stream.

    `heard` has every stored event by its number; `acks` what was promised; `faults` what no client
    may ever see: a gap, a repeat, an ack that changed.
    """

    #: The key that numbers an event, and the types of events.
    number = "seq"
    kinds = ("chat_message",)

    def __init__(self, url: str, wishes: list[Frame], random: Random) -> None:
        self.url = url
        self.wishes = wishes
        self.random = random
        self.heard: dict[int, Frame] = {}
        self.last = 0
        self.epoch = ""
        self.acks: dict[str, Frame] = {}
        self.refusals: list[Frame] = []
        self.faults: list[str] = []
        self.resumed = self.unrecovered = self.connections = 0
        self._wake = asyncio.Event()

    async def run(self, until: asyncio.Event) -> None:
        """Stay connected until all wishes are granted everywhere."""
        while not until.is_set():
            try:
                async with connect(
                    self.path(), compression=None, proxy=None, max_queue=None, open_timeout=5
                ) as connection:
                    self.connections += 1
                    await self._live(connection, until)
            except* GONE:
                await asyncio.sleep(self.random.uniform(0.01, 0.2))

    def path(self) -> str:
        """Where to connect: after what was heard last."""
        return f"{self.url}?since={self.last}&epoch={self.epoch}&history=200"

    @property
    def done(self) -> bool:
        return all(wish["id"] in self.acks for wish in self.wishes)

    async def _live(self, connection: ClientConnection, until: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self._listen(connection))
            speaking = tasks.create_task(self._speak(connection))
            await until.wait()
            listening.cancel()
            speaking.cancel()

    async def _speak(self, connection: ClientConnection) -> None:
        # Each pause is made once: those of what was granted already would keep a client silent.
        for wish in [wish for wish in self.wishes if wish["id"] not in self.acks]:
            while wish["id"] not in self.acks:
                self._wake.clear()
                await connection.send(json.dumps(wish))
                try:
                    async with asyncio.timeout(PATIENCE):
                        await self._wake.wait()
                except TimeoutError:
                    continue
                if wish["id"] not in self.acks:
                    await asyncio.sleep(self.random.uniform(0.05, 0.2))
            await asyncio.sleep(self.random.uniform(0, 0.2))

    async def _listen(self, connection: ClientConnection) -> None:
        async for text in connection:
            self.take(json.loads(text))
        raise ConnectionClosed(None, None)

    def take(self, frame: Frame) -> None:
        """Note what a frame says."""
        kind = frame["type"]
        if kind in self.kinds:
            self.take_event(frame)
        elif kind == "recovery":
            self.take_recovery(frame)
        elif kind == "history":
            self.take_history(frame)
        elif kind == "ack":
            first = self.acks.setdefault(frame["id"], frame)
            if first != frame:
                self.faults.append(f"another ack: {first} {frame}")
            self._wake.set()
        elif kind == "error":
            self.refusals.append(frame)
            if frame.get("id") in self.acks:
                self.faults.append(f"refused after the ack: {frame}")
            self._wake.set()

    def take_event(self, frame: Frame) -> None:
        seq = frame[self.number]
        if seq != self.last + 1:
            self.faults.append(f"{seq} after {self.last}")
        self.heard[seq] = frame
        self.last = seq

    def take_recovery(self, frame: Frame) -> None:
        self.epoch = frame["epoch"]
        if not frame["recovered"]:
            self.unrecovered += 1
            return
        self.resumed += 1
        if frame["seq"] - frame["missed"] != self.last:
            self.faults.append(f"{self.last} is not where it was: {frame}")

    def take_history(self, frame: Frame) -> None:
        """A page instead of what was missed; what lies before it is not asked for."""
        self.epoch = frame["epoch"]
        self.last = frame["seq"]
        page = frame.get("messages") or frame.get("events") or []
        self.heard |= {event["seq"]: event for event in page}
