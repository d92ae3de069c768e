"""One stream of a connection that hears many."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from hubbub.errors import ForbiddenError, NotSubscribedError, OverloadedError, Refusal
from hubbub.fanout.dialect import EXTENDED
from hubbub.journal.process import local_followers
from hubbub.observe.events import CONNECTION_FAILED, UNSUBSCRIBED
from hubbub.sockets.failures import HangUp
from hubbub.sockets.query import Query
from hubbub.sockets.turns import HELD
from hubbub.streams.first import read_first
from hubbub.streams.label import Label
from hubbub.streams.subscribing import subscribed_frame, unsubscribed_frame
from hubbub.wire.closes import FORBIDDEN, INTERNAL_ERROR, TOO_SLOW, TRY_LATER

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubbub.accounts.caller import Caller
    from hubbub.conf import Settings
    from hubbub.fanout.outlet import Outlet
    from hubbub.journal.line import Sender
    from hubbub.sockets.connection import Connection
    from hubbub.streams.beginning import Beginning
    from hubbub.streams.consumer import Consumer
    from hubbub.wire.closes import Close

T = TypeVar("T")

#: Why a client hears a stream no longer, by the goodbye that the stream's own socket would get.
WORDS = {FORBIDDEN.code: "forbidden", TOO_SLOW.code: "too_slow"}
GONE = "gone"
ASKED = "asked"
#: Seconds between two looks whether a client has read what came first of other streams: of many
#: that is more than may wait for a connection.
PAUSE = 0.02
#: That of nobody who hears anything any more.
OVER = Label("")


class Owner(Protocol):
    """Who has the subscriptions of a connection."""

    connection: Connection

    def forget(self, stream: str) -> None:
        """A subscription has ended."""

    def take(self, payload: str | bytes) -> None:
        """Take a frame that had to wait for a subscription."""


class Subscription:
    """To its consumer what a connection is, and to the hub an outlet."""

    __slots__ = ("_beginning", "_early", "_label", "_outlet", "_owner", "consumer")

    #: Who hears many streams knows all that was added to version 1.
    extended = True
    dialect = EXTENDED

    def __init__(self, owner: Owner, label: Label, beginning: Beginning) -> None:
        self._owner = owner
        self._label = label
        self._outlet: Outlet = owner.connection.outlet
        self._beginning: Beginning | None = beginning
        #: What came for the stream before it has begun; None from then on.
        self._early: list[str | bytes] | None = []
        self.consumer: Consumer = cast("Consumer", None)

    # What a consumer has of its connection.

    @property
    def caller(self) -> Caller:
        """Who is on the connection."""
        return self._owner.connection.caller

    @property
    def address(self) -> str:
        """What counts as one address for the limits."""
        return self._owner.connection.address

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return self._owner.connection.settings

    @property
    def sender(self) -> Sender:
        """Whose turn it is where something is to be stored: the connection's."""
        return self._owner.connection.sender

    @property
    def outlet(self) -> Outlet:
        """Where the stream's frames go."""
        return self

    def ask(self, read: Callable[[Query], T]) -> T:
        """What the client asks for; where that is nothing, nothing comes first."""
        beginning = self._beginning
        assert beginning is not None
        wanted = read(Query(beginning.asked.query()))
        beginning.opens = wanted is not None
        return wanted

    async def room(self) -> None:
        """Wait until nothing waits for the client, so that whatever comes first is taken."""
        while self._outlet.buffered() and self._label is not OVER:  # noqa: ASYNC110
            await asyncio.sleep(PAUSE)

    def send(self, frame: bytes) -> None:
        """Write a frame of the stream to this client alone."""
        self.write(frame)

    def extend(self) -> None:
        """It is."""

    def fail(self, error: Exception, payload: str | bytes = b"") -> None:
        """Tell of an error; one that would end the stream's own socket ends the subscription."""
        if isinstance(error, HangUp):
            self.end(error.close, error.refusal)
        elif isinstance(error, Refusal):
            self._refuse(error, payload)
        elif self._label is not OVER:
            name, stream = type(error).__name__, self._label.stream
            self._owner.connection.note(CONNECTION_FAILED, name, error=error, stream=stream)
            self.end(INTERNAL_ERROR)

    # What the hub has of an outlet.

    def write(self, data: bytes) -> None:
        """Take the stream's frames."""
        came, goes = self._label.told
        if came is data:
            self._outlet.write(goes)
        elif self._beginning is not None:
            self.begin(data)
        elif self._label is not OVER:
            self._outlet.write(self._label.put_for_all(data))

    def close(self, close: Close) -> None:
        """End it."""
        self.end(close)

    def buffered(self) -> int:
        """Bytes that wait for the connection."""
        return self._outlet.buffered()

    # Its life.

    @property
    def begins(self) -> bool:
        """Whether what comes for the stream has to wait."""
        return self._early is not None

    def hold(self, payload: str | bytes) -> None:
        """Have a frame wait until it has begun. Raises OverloadedError."""
        assert self._early is not None
        if len(self._early) >= HELD:
            raise OverloadedError("turns")
        self._early.append(payload)

    async def enter(self) -> None:
        """Begin, once it is known where the stream stands and that the caller may hear it."""
        beginning = self._beginning
        if beginning is None:
            return
        try:
            await self.consumer.admit()  # first, as on a socket of its own
            await local_followers().settled(*self.consumer.streams())
            if self._beginning is not None:
                self.consumer.open()
        except Exception as error:  # noqa: BLE001 - as on a connection
            self._fail_to_begin(error)
        if self._beginning is not None and not beginning.opens:
            self.begin()
        await beginning.over

    def begin(self, frames: bytes = b"") -> None:
        """Tell the client that it is subscribed, and what comes first; then do what has waited.

        That in a turn of its own, since the consumer is about to join.
        """
        beginning, self._beginning = self._beginning, None
        assert beginning is not None
        keys, rest = read_first(frames, self.consumer.first)
        self._tell_position(beginning.asked.id, keys)
        if rest:
            self._outlet.write(self._label.put(rest))
        beginning.end()
        asyncio.get_running_loop().call_soon(self._take_early)

    def tell_place(self, request_id: str | None) -> None:
        """Tell where the stream stands, behind all that was told of it."""
        local_followers().hub.flush()
        self._tell_position(request_id, {})

    def receive(self, payload: str | bytes) -> None:
        """Do what a frame asks."""
        try:
            self.consumer.receive(payload)
        except Exception as error:  # noqa: BLE001 - one stream's trouble is no other's
            self.fail(error, payload)

    def end(self, close: Close, refusal: Refusal | None = None) -> None:
        """Leave, and tell the client why it hears no more; the second time does nothing."""
        if self._label is OVER:
            return
        beginning, early, word = self._beginning, self._early, WORDS.get(close.code, GONE)
        label = self.leave()
        connection = self._owner.connection
        connection.note(UNSUBSCRIBED, close.why or close.reason, code=word, stream=label.stream)
        if beginning is not None and refusal is None and close.code == TRY_LATER.code:
            refusal = OverloadedError(close.why)
        if beginning is not None and refusal is not None:
            connection.refuse(refusal, beginning.payload)
        else:
            request_id = None if beginning is None else beginning.asked.id
            details = {} if refusal is None else refusal.details
            why = {"code": word, **details}
            connection.send(unsubscribed_frame(label.stream, request_id, why))
        for payload in early or ():
            self._owner.take(payload)

    def cancel(self, request_id: str | None) -> None:
        """Leave, because the client asks for it, which hears first what it will not get."""
        early, stream = self._early or (), self.leave().stream
        for payload in early:
            self._owner.connection.refuse(NotSubscribedError(), payload)
        self._owner.connection.send(unsubscribed_frame(stream, request_id, {"code": ASKED}))

    def leave(self) -> Label:
        """Leave everything behind: nothing of the stream is told from now on."""
        label, self._label = self._label, OVER
        beginning, self._beginning, self._early = self._beginning, None, None
        if beginning is not None:
            beginning.stop()
        self._owner.forget(label.stream)
        try:
            self.consumer.leave()
        finally:
            for stream in self.consumer.streams():
                local_followers().leave(stream)
        return label

    def _tell_position(self, request_id: str | None, keys: dict[str, Any]) -> None:
        position = {**self.consumer.standing(), **keys}
        frame = subscribed_frame(self._label.stream, request_id, position)
        self._owner.connection.send(frame)

    def _refuse(self, refusal: Refusal, payload: str | bytes) -> None:
        if self._label is OVER:
            return
        opens = self._beginning is not None and not payload
        if opens and not isinstance(refusal, ForbiddenError):
            self.end(TRY_LATER, refusal)
            return
        self._owner.connection.refuse(refusal, payload, self._label.stream)
        if opens:
            self.begin()  # it may not read what it has asked for, and hears what comes

    def _fail_to_begin(self, error: Exception) -> None:
        if isinstance(error, Refusal):
            error = HangUp(TRY_LATER, error)
        self.fail(error)

    def _take_early(self) -> None:
        """Do what has waited, unless it is over by now."""
        early, self._early = self._early, None
        for payload in early or ():
            self._owner.take(payload)
