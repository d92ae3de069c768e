"""One connection, seen from both ends: the server's socket, and what the client got by it."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from hubbub.fanout.frame import read_texts
from hubbub.sockets.door import Door
from hubbub.wire.closes import NORMAL, TOO_SLOW
from tests.simulation.consumer import SimConsumer
from tests.simulation.database import read_told

if TYPE_CHECKING:
    from hubbub.fanout.outlet import Receiver
    from hubbub.journal.followers import Followers
    from hubbub.wire.closes import Close
    from tests.simulation.client import Client, Known
    from tests.simulation.process import Process

GONE = 1006


class Event(NamedTuple):
    """A stored event that the client got."""

    at: float
    stream: str
    seq: int
    name: str


class Opened(NamedTuple):
    """What a snapshot said: it goes up to `seq`, and `recovered` nothing is missing before it.

    `name` is the event of that seq; no real frame says so, but the checker wants to know.
    """

    at: float
    stream: str
    seq: int
    name: str
    epoch: str
    recovered: bool


class Visit:
    """See `hubbub.fanout.outlet.Socket`. `since` has a place a stream, where the client has one."""

    door = Door(SimConsumer, requires_user="chat_requires_user")

    def __init__(  # noqa: PLR0917 - what one connection is
        self,
        client: Client,
        name: str,
        process: Process,
        followers: Followers,
        streams: tuple[str, ...],
        since: dict[str, Known] | None,
    ) -> None:
        self.client = client
        self.name = name
        self.process = process
        self.followers = followers
        self.streams = streams
        self.since = since
        self.over = asyncio.Event()
        self.accepted: float | None = None
        #: Where the table stood when the handshake was answered: seq and name.
        self.floor: dict[str, tuple[int, str]] = {}
        self.got: dict[str, list[Event | Opened]] = {stream: [] for stream in streams}
        self.ended: float | None = None
        self.code: int | None = None
        #: Whether it goes on at the end of the run.
        self.stays = False
        #: After so many writes its client reads no more, or a write raises.
        self.patience: int | None = None
        self.breaks = False
        #: What the handshake raised.
        self.failed = ""
        #: The bytes that may wait for it while its snapshot is read.
        self.budget = 2**16
        self._receiver: Receiver | None = None
        self._history = client.world.history

    @property
    def now(self) -> float:
        return self.client.world.clock.now

    def note(self, what: str, *rest: object) -> None:
        self._history.note(self.now, self.name, what, *rest)

    # The client's end; on the world's loop.

    def open(self) -> None:
        """Dial."""
        self.note("dial", self.process.name, *self.streams, self.since or "")
        self._server(self._shake_hands)

    def send(self, request: dict[str, Any]) -> None:
        """Send a request."""
        self._server(self._receive, json.dumps(request))

    def leave(self) -> None:
        """Hang up, and hear nothing more."""
        self._end(NORMAL.code)
        self._server(self._lost)

    def crash(self) -> None:
        """The process died."""
        self._end(GONE)

    def _server(self, call: Any, *args: Any) -> None:
        with suppress(RuntimeError):  # it died
            self.followers.hub.loop.call_soon_threadsafe(call, *args)

    def _end(self, code: int) -> None:
        if self.code is None:
            self.note("end", code)
            self.code, self.ended = code, self.now
            self.over.set()

    # The server's end; on its loop.

    def _shake_hands(self) -> None:
        address = f"10.0.{hash(self.client.number) % 250}.1"
        scope = {
            "type": "websocket",
            "path": "/ws/sim/",
            "headers": [],
            "query_string": b"",
            "client": (address, 1),
            "extensions": {"hubbub.socket": {"socket": self}, "websocket.http.response": {}},
        }
        self._task = self.followers.hub.loop.create_task(
            self.door(scope, self._nothing, self._answer)
        )
        self._task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failed = repr(error)

    async def _nothing(self) -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def _answer(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.accept" and self.code is None:
            self.accepted = self.now
            database = self.client.world.database
            for stream in self.streams:
                seq, name = database.extent(stream).last_seq, database.last_name(stream)
                self.floor[stream] = (seq, name)
                self.note("accept", stream, seq, name)
            self.client.accepted(self)
        elif message["type"] == "websocket.http.response.start":
            self._end(message["status"])

    def hand_over(self, receiver: Receiver, *, max_frame: int, budget: int) -> None:
        """The handshake is done."""
        self._receiver = receiver
        if self.code is not None:
            self._lost()

    def _receive(self, payload: str) -> None:
        if self._receiver is not None and self.code is None:
            self._receiver.received(payload)

    def _lost(self) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.closed(self.code or GONE)

    def close(self, close: Close) -> None:
        """Say goodbye."""
        self._end(close.code)
        self._lost()

    def buffered(self) -> int:
        """All is on its way."""
        return 0

    def write(self, frames: bytes) -> None:
        """Take frames; from a client that does not read the server parts."""
        if self.code is not None:
            return
        if self.patience is not None:
            self.patience -= 1
            if self.patience < 0:
                if self.breaks:
                    raise OSError("broken")
                self.close(TOO_SLOW)
                return
        for text in read_texts(frames):
            self._read(text)

    def _read(self, text: str) -> None:
        if text[0] != "{":
            stream, seq, name = read_told(text)
            self.note("got", stream, seq, name)
            self.got[stream].append(Event(self.now, stream, seq, name))
            return
        frame = json.loads(text)
        if frame["type"] == "opened":
            del frame["type"]
            self.note("opened", *frame.values())
            self.got[frame["stream"]].append(Opened(self.now, **frame))
        else:
            self.client.answered(frame)
