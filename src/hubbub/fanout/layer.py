"""The Channels layer: `CHANNEL_LAYERS = {"default": {"BACKEND": "hubbub.fanout.layer.HubLayer"}}`.

The whole of the Channels layer specification inside one process: channels with capacity and
expiry, groups, flush. An event that has a publisher (`publishers.py`) goes there;
what an endpoint tells its group, no matter who stored it, is relayed to the group's channels.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from copy import deepcopy
from threading import Lock
from typing import Any, NamedTuple, cast
from weakref import ReferenceType, ref

from asgiref.sync import AsyncToSync, sync_to_async
from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer

from hubbub.anew import forgotten_by
from hubbub.fanout.hub import has_hub
from hubbub.fanout.mailbox import Event, Mailbox
from hubbub.fanout.publishers import find_publisher, follow, is_endpoints
from hubbub.observe.events import CHANNEL_FULL, EVENT_UNHEARD
from hubbub.observe.report import report

HINT = (
    "This process serves no WebSockets, so nobody can hear it. Send it from the server's own"
    " process: `hubbub serve` runs your Django code and the sockets together."
)

WORKER_HINT = (
    "This layer carries events within one process, and nothing here receives from the channel:"
    " `runworker` in another process never hears of it. Run the consumer in the server's process,"
    " or give that channel a layer of its own in CHANNEL_LAYERS."
)


def called_from_sync() -> bool:
    """Whether this coroutine runs for a thread that waits in `async_to_sync`."""
    return getattr(AsyncToSync.executors, "current", None) is not None


class Membership(NamedTuple):
    """Since when a channel is in a group, and with which loop it ends, if with any."""

    since: float
    loop: asyncio.AbstractEventLoop | None

    def is_over(self, now: float, longest: float) -> bool:
        """Whether it has lasted too long, or its consumer ended with its loop."""
        return now - self.since > longest or (self.loop is not None and self.loop.is_closed())


class HubLayer(BaseChannelLayer):  # type: ignore[misc]  # Channels has no types
    """Channels and groups of one process, for consumers written with `channels.generic`.

    `capacity` events a channel (`channel_capacity`: other numbers by glob or pattern), each good
    for `expiry` seconds; a membership lasts `group_expiry` seconds at most.
    """

    extensions = ("groups", "flush")

    def __init__(
        self,
        expiry: float = 60,
        group_expiry: float = 86400,
        capacity: int = 100,
        channel_capacity: dict[Any, int] | None = None,
    ) -> None:
        super().__init__(expiry=expiry, capacity=capacity)
        self.channel_capacity = self.compile_capacities(channel_capacity or {})
        self.group_expiry = group_expiry
        self.forget()
        _register(self)

    def forget(self) -> None:
        """Be as it was when it was made: nobody receives."""
        self._mailboxes: dict[str, Mailbox] = {}
        self._groups: dict[str, dict[str, Membership]] = {}
        self._lock = Lock()
        self._swept = 0.0
        self._warned = False
        self.has_receivers = False
        #: Channels without a process's name in theirs, of which a worker here receives.
        self._served: set[str] = set()

    async def send(self, channel: str, message: Event) -> None:
        """Put an event on a channel. Raises ChannelFull, and TypeError for a bad name."""
        self.require_valid_channel_name(channel)
        if not isinstance(message, dict):
            raise TypeError("a message must be a dict")
        self._warn_if_no_worker(channel)
        self._put(channel, message)

    async def receive(self, channel: str) -> Event:
        """Wait for the next event of a channel; each goes to one receiver."""
        self.require_valid_channel_name(channel)
        self.has_receivers = True
        if "!" not in channel:
            self._served.add(channel)
        with self._lock:
            mailbox = self._mailbox(channel)
            mailbox.receivers += 1
        try:
            mailbox.drop_expired(time.monotonic())
            return await mailbox.get()
        finally:
            with self._lock:
                mailbox.receivers -= 1
                self._forget_if_idle(channel, mailbox)

    async def new_channel(self, prefix: str = "specific") -> str:
        """A channel name that nobody else has."""
        self.has_receivers = True
        return f"{prefix.rstrip('.')}.hubbub!{secrets.token_hex(8)}"

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group; on return it misses nothing that an endpoint tells there.

        Raises OverloadedError where that cannot be promised, since the database is away.
        """
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        # The loop of a thread in `async_to_sync` may end with this very call.
        passing = called_from_sync() or not is_endpoints(group)
        loop = None if passing else asyncio.get_running_loop()
        with self._lock:
            self._groups.setdefault(group, {})[channel] = Membership(time.monotonic(), loop)
        try:
            await follow(group)
        except BaseException:
            await self.group_discard(group, channel)
            raise

    async def group_discard(self, group: str, channel: str) -> None:
        """Take a channel out of a group; one that is not in it is no error."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        with self._lock:
            self._leave(group, channel)

    async def group_send(self, group: str, message: Event) -> None:
        """Send an event to a group: to its publisher, or to the group's channels."""
        self.require_valid_group_name(group)
        if not isinstance(message, dict):
            raise TypeError("a message must be a dict")
        publisher = find_publisher(group, message)
        if publisher is None:
            self.relay(group, message)
            self._warn_if_unheard(group, message)
        elif called_from_sync():
            # On the caller's own thread: in its transaction, if it has one open.
            await sync_to_async(publisher.publish)(group, message)
        else:
            await publisher.apublish(group, message)

    def _warn_if_no_worker(self, channel: str) -> None:
        if "!" not in channel and channel not in self._served:
            report(EVENT_UNHEARD, "no worker here", channel=channel, hint=WORKER_HINT)

    def _warn_if_unheard(self, group: str, message: Event) -> None:
        kind = message.get("type")
        if not (self.has_receivers or self._warned or has_hub()):
            self._warned = True
            report(EVENT_UNHEARD, "no sockets here", group=group, type=kind, hint=HINT)
        elif is_endpoints(group) and not self.has_group(group):
            report(EVENT_UNHEARD, "unknown type", group=group, type=kind)

    async def flush(self) -> None:
        """Forget every event and group; whoever waits on a channel goes on waiting there."""
        with self._lock:
            for channel, mailbox in tuple(self._mailboxes.items()):
                mailbox.clear()
                self._forget_if_idle(channel, mailbox)
            self._groups.clear()

    async def close(self) -> None:
        """Nothing is open."""

    def has_group(self, group: str) -> bool:
        """Whether a group has a channel in it."""
        return group in self._groups

    def relay(self, group: str, event: Event) -> None:
        """Put a copy of an event on each channel of a group; a full channel misses it."""
        if group not in self._groups:
            return
        with self._lock:
            self._sweep(time.monotonic())
            channels = tuple(self._groups.get(group, ()))
        for channel in channels:
            try:
                self._put(channel, event)
            except ChannelFull:
                report(CHANNEL_FULL, channel=channel)

    def sweep(self) -> None:
        """Part with channels that are gone without a word."""
        with self._lock:
            self._sweep(time.monotonic())

    def _put(self, channel: str, event: Event) -> None:
        copy = deepcopy(event)
        now = time.monotonic()
        # One lock around the look and the put: between them a receiver on another thread may leave
        # and have the mailbox forgotten, and the event with it.
        with self._lock:
            self._sweep(now)
            mailbox = self._mailbox(channel)
            if mailbox.drop_expired(now):
                self._leave_all(channel)
            try:
                mailbox.put(copy, now + self.expiry)
            except ChannelFull:
                raise ChannelFull(channel) from None

    # All below is called with the lock held.

    def _mailbox(self, channel: str) -> Mailbox:
        mailbox = self._mailboxes.get(channel)
        if mailbox is None:
            capacity = cast("int", self.get_capacity(channel))
            mailbox = self._mailboxes[channel] = Mailbox(capacity)
        return mailbox

    def _forget_if_idle(self, channel: str, mailbox: Mailbox) -> None:
        if mailbox.idle():
            self._mailboxes.pop(channel, None)

    def _sweep(self, now: float) -> None:
        """Once a second at most: whoever let events expire is gone, and so are old memberships."""
        if now - self._swept < 1:
            return
        self._swept = now
        for channel, mailbox in tuple(self._mailboxes.items()):
            if mailbox.drop_expired(now):
                self._leave_all(channel)
                self._forget_if_idle(channel, mailbox)
        for group, channels in tuple(self._groups.items()):
            for channel, membership in tuple(channels.items()):
                if membership.is_over(now, self.group_expiry):
                    self._leave(group, channel)

    def _leave(self, group: str, channel: str) -> None:
        channels = self._groups.get(group)
        if channels is not None:
            channels.pop(channel, None)
            if not channels:
                del self._groups[group]

    def _leave_all(self, channel: str) -> None:
        for group in tuple(self._groups):
            self._leave(group, channel)


#: Every layer that this process has made; one, outside of tests.
_layers: tuple[ReferenceType[HubLayer], ...] = ()


def _register(layer: HubLayer) -> None:
    global _layers  # noqa: PLW0603 - replaced whole, so that relay may read it without a lock
    _layers = (*(old for old in _layers if old() is not None), ref(layer))


def living() -> list[HubLayer]:
    """The layers that somebody still has."""
    if not _layers:
        return []  # as in most processes, and asked for each message that is not stored
    return [layer for reference in _layers if (layer := reference()) is not None]


def has_channels(group: str) -> bool:
    """Whether any channel is in a group."""
    return any(layer.has_group(group) for layer in living())


def relay(group: str, event: Event) -> None:
    """Tell the channels of a group, in every layer of the process, what its endpoint tells."""
    for layer in living():
        layer.relay(group, event)


def sweep() -> None:
    """Have every layer part with channels that are gone without a word."""
    for layer in living():
        layer.sweep()


def forget_channels() -> None:
    """Have every layer begin anew; a project's code may have one in a variable."""
    if not has_hub():  # else a server of this very process has consumers
        for layer in living():
            layer.forget()


forgotten_by(forget_channels)
