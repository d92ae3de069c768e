"""`/ws/`: one connection that hears many streams, each as on a socket of its own."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from hubbub.errors import (
    NotFoundError,
    NotSubscribedError,
    TooManyError,
    UnauthenticatedError,
)
from hubbub.journal.process import local_followers
from hubbub.limits.bucket import Bucket
from hubbub.streams.beginning import Beginning
from hubbub.streams.label import label_of
from hubbub.streams.subscribing import (
    is_subscribe,
    read_about,
    read_subscribe,
    read_unsubscribe,
    unsubscribed_frame,
)
from hubbub.streams.subscription import ASKED, Subscription
from hubbub.tasks import start_task
from hubbub.wire.names import is_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubbub.sockets.connection import Connection
    from hubbub.streams.consumer import Client, Consumer

#: Subscriptions of one connection that are on their way in at a time: each may have as much kept
#: for it meanwhile as waits for the whole connection.
AT_ONCE = 8
#: Seconds in which a connection may subscribe as many times as it may hear streams.
AGAIN_SECONDS = 60.0


class Served(NamedTuple):
    """How the streams of one word are heard: their sockets' consumer, and who has to sign in.

    `requires_user` names the setting, if there is one. There is one stream of the word `alone`.
    """

    make: Callable[[Client, str], Consumer]
    requires_user: str = ""
    alone: bool = False


class OneSocket:
    """What a client asks of its streams. Nothing is told until it is asked for."""

    __slots__ = ("_entries", "_few", "_left", "_served", "_streams", "connection")

    def __init__(self, served: Mapping[str, Served], connection: Connection, _: str) -> None:
        self.connection = connection
        connection.count_apart = self.count_entry
        self._served = served
        self._streams: dict[str, Subscription] = {}
        self._few = asyncio.Semaphore(AT_ONCE)
        self._entries: Bucket | None = None
        self._left = False

    def streams(self) -> tuple[str, ...]:
        """Each subscription has its own."""
        return ()

    async def admit(self) -> None:
        """Everyone may enter; each stream asks for itself."""

    def open(self) -> None:
        """Nobody has asked yet."""

    def extend(self) -> None:
        """It is."""

    def extended(self) -> None:
        """It was, from the beginning."""

    def review(self) -> None:
        """In each stream."""
        for subscription in tuple(self._streams.values()):
            subscription.consumer.review()

    def leave(self) -> None:
        """Leave every stream."""
        self._left, self.connection.count_apart = True, None
        for subscription in tuple(self._streams.values()):
            subscription.leave()

    def count_entry(self, payload: str | bytes) -> bool:
        """Whether a frame is a `subscribe` that counts as no message, but as what it stands for.

        That is a connection. A page that comes back may ask for all of its streams at once; what it
        asks for more often than that are messages, and so are all where streams have no bound.
        """
        cap = self.connection.settings.max_streams
        if cap is None or not is_subscribe(payload):
            return False
        now = monotonic()
        if self._entries is None:
            self._entries = Bucket(cap, now)
        return not self._entries.take(cap, AGAIN_SECONDS, now)

    def receive(self, payload: str | bytes) -> None:
        """Do what a frame asks, of its stream in the order in which the frames came."""
        about = read_about(payload)
        subscription = self._streams.get(about.stream)
        if about.type == "unsubscribe":
            self._unsubscribe(about.stream, subscription, payload)
        elif subscription is None and about.type == "subscribe":
            self._subscribe(about.stream, payload)
        elif subscription is None:
            raise NotSubscribedError
        elif subscription.begins:
            subscription.hold(payload)
        elif about.type == "subscribe":
            subscription.tell_place(read_subscribe(payload).id)
        else:
            subscription.receive(payload)

    def take(self, payload: str | bytes) -> None:
        """Take a frame that had to wait for its subscription; a Refusal becomes an error frame."""
        if self._left:
            return
        try:
            self.receive(payload)
        except Exception as error:  # noqa: BLE001 - as on a connection
            self.connection.fail(error, payload)

    def forget(self, stream: str) -> None:
        """A subscription has ended."""
        del self._streams[stream]

    def _subscribe(self, stream: str, payload: str | bytes) -> None:
        asked, (served, name) = read_subscribe(payload), self._find(stream)
        cap = self.connection.settings.max_streams
        if cap is not None and len(self._streams) >= cap:
            raise TooManyError
        label, beginning = label_of(stream), Beginning(asked, payload)
        subscription = Subscription(self, label, beginning)
        subscription.consumer = served.make(subscription, label.name if name else "")
        for entered in subscription.consumer.streams():
            local_followers().enter(entered)
        self._streams[label.stream] = subscription
        beginning.task = start_task(self._enter(subscription))

    async def _enter(self, subscription: Subscription) -> None:
        async with self._few:
            await subscription.enter()

    def _unsubscribe(
        self, stream: str, subscription: Subscription | None, payload: str | bytes
    ) -> None:
        """Answered of what is not subscribed, too: it may just have been lost."""
        request_id = read_unsubscribe(payload).id
        if subscription is not None:
            subscription.cancel(request_id)
        else:
            self._find(stream)
            self.connection.send(unsubscribed_frame(stream, request_id, {"code": ASKED}))

    def _find(self, stream: str) -> tuple[Served, str]:
        """How a stream is heard, and its own name. Raises NotFound- or UnauthenticatedError."""
        word, _, name = stream.partition(":")
        served = self._served.get(word)
        known = served is not None and (stream == word if served.alone else is_name(name))
        if served is None or not known:
            raise NotFoundError(field="stream")
        needed = served.requires_user and getattr(self.connection.settings, served.requires_user)
        if needed and self.connection.caller.user_id is None:
            raise UnauthenticatedError("anonymous")
        return served, name
