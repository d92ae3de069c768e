"""One connection to a stream, of whatever kind: what all have, and a project's own kind has."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from hubbub.accounts.beginnings import may_begin
from hubbub.crossing import in_database
from hubbub.errors import ForbiddenError
from hubbub.fanout.dialect import PLAIN
from hubbub.fanout.frame import frame_of
from hubbub.journal.append import append_soon
from hubbub.journal.attach import attach
from hubbub.journal.passing import NOWHERE, tell_frame
from hubbub.journal.process import local_followers
from hubbub.sockets.acks import taken_frame, tell_outcome
from hubbub.sockets.client import Client
from hubbub.sockets.failures import HangUp
from hubbub.sockets.ping import PING
from hubbub.sockets.turns import Turns
from hubbub.streams.asking import check_first, make, make_here
from hubbub.streams.first import FIRST
from hubbub.streams.opening import Opening, read_opening
from hubbub.streams.present import admit, leave_stream, local_present
from hubbub.streams.publishing import event_entry
from hubbub.streams.request import AskHistory
from hubbub.streams.rights import NOTHING
from hubbub.streams.selectors import history_page
from hubbub.streams.standing import position_of
from hubbub.wire.closes import FORBIDDEN, FULL, TOO_SLOW

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from msgspec.json import Decoder

    from hubbub.accounts.caller import Caller
    from hubbub.fanout.dialect import Dialect
    from hubbub.journal.attach import Snapshot
    from hubbub.journal.entry import Entry
    from hubbub.streams.event import Event
    from hubbub.streams.kind import Kind
    from hubbub.streams.request import Request
    from hubbub.streams.rights import Rights

__all__ = ["Client", "Consumer"]


class Consumer:
    """What a member asks of its stream. A built-in kind's does some of it otherwise."""

    __slots__ = (
        "_begun",
        "_connection",
        "_entered",
        "_followers",
        "_kind",
        "_name",
        "_rights",
        "_turns",
    )

    #: How what comes first is read where many streams have one socket.
    first: ClassVar[Decoder[Any]] = FIRST

    def __init__(self, kind: Kind, connection: Client, name: str) -> None:
        self._kind = kind
        self._connection = connection
        self._followers = local_followers()
        self._name = name
        self._begun = False
        self._entered = False
        self._rights = kind.gate.known(connection.caller) or NOTHING
        self._turns = Turns(self, connection)

    def streams(self) -> tuple[str, ...]:
        """The one of the name, where it is stored."""
        return (self._stream,) if self._kind.keeps else ()

    @property
    def caller(self) -> Caller:
        """Who is on the connection."""
        return self._connection.caller

    async def admit(self) -> None:
        """Ask what the caller may, if that is not known. Raises HangUp where it may not enter."""
        if not self._rights.enter:
            self._rights = await admit(self._stream, self)
        if not self._kind.keeps:
            # Once it is accepted a client hears all, and no table has what it did not: what other
            # threads tell from here on waits in the hub until it has joined, in this same turn.
            self._followers.hub.flush()

    def open(self) -> None:
        """Enter, with what was missed first. Raises HangUp where it is full."""
        if not self._rights.enter:  # taken away while it was accepted
            raise HangUp(FORBIDDEN, self._rights.refusal("enter"))
        cap = self._connection.settings.max_members
        if cap is not None and self._members() > cap:
            raise HangUp(FULL)
        self._entered = True
        self._begin()

    def receive(self, payload: str | bytes) -> None:
        """Do what a frame asks, in the order in which the frames came."""
        self._turns.take(self._kind.read(payload), payload)

    def do(self, request: Request | AskHistory, payload: str | bytes) -> None:
        """Do a request whose turn it is."""
        self._connection.extend()
        if isinstance(request, AskHistory):
            self._turns.wait_for(self._tell_history(request), payload)
        elif self._kind.waits or not (self._begun or self._has_begun()):
            self._turns.wait_for(self._make(request, payload), payload)
        else:
            self._rights.require("send")
            event = make_here(self._kind, self.caller, self._name, request)
            self._store_event(event, request, payload)

    def extend(self) -> None:
        """Do it after the requests that came before, where what is added could pass those."""
        if self._kind.adds:
            self._turns.take(PING, b"")
        else:
            self._connection.extend()

    def standing(self) -> dict[str, object]:
        """What `subscribed` tells of the stream: its position, as its members on this loop know."""
        return position_of(self._stream) if self._kind.keeps else {"seq": 0, "epoch": NOWHERE}

    def extended(self) -> None:
        """Get what is added; who has not entered gets it on entering."""
        if self._entered and self._kind.adds:
            self._join()

    def review(self) -> None:
        """Find out anew what the caller may."""
        known = self._kind.gate.known(self.caller)
        if known is None:
            local_present().ask_again(self._stream, self)
        else:
            self.allow(known)

    def leave(self) -> None:
        """Leave the stream."""
        self._turns.end()
        if self._entered:
            self._entered = False
            self._part()

    def over(self) -> None:
        """Hear no more of what the caller may: until all is done that it asked for, it matters."""
        leave_stream(self._stream, self)

    def allow(self, rights: Rights) -> None:
        """Go on with these rights, or be sent away, and leave at once."""
        self._rights, self._begun = rights, False
        if not rights.enter and self._entered:
            self._connection.fail(HangUp(FORBIDDEN, rights.refusal("enter")))
            self.leave()

    @property
    def _stream(self) -> str:
        return self._kind.stream_of(self._name)

    @property
    def _groups(self) -> tuple[str, ...]:
        """Those in which it hears what is told."""
        return (self._kind.table.group(self._stream),)

    @property
    def _dialect(self) -> Dialect:
        """How it is told: that of every member, where there is nothing that only some know."""
        return self._connection.dialect if self._kind.adds else PLAIN

    def _begin(self) -> None:
        """Say what comes first, and join."""
        opening = self._connection.ask(read_opening)
        if opening is not None and not self._rights.read:
            self._connection.fail(ForbiddenError("read"))
            opening = None
        if opening is not None and self._kind.keeps:
            self._turns.begin(self._catch_up(opening))
            return
        self._join()
        if opening is not None:
            self._connection.send(opening.read_nothing(self._kind))

    async def _catch_up(self, opening: Opening) -> None:
        read = partial(in_database, opening.read, self._stream)
        await self._attach(partial(self._followers.reads.share, (self._stream, opening), read))

    async def _attach(self, read: Callable[[], Awaitable[Snapshot]]) -> None:
        """Send what is read, and join after it. Raises HangUp where more comes than may wait."""

        async def read_and_wait() -> Snapshot:
            snapshot = await read()
            await self._connection.room()
            return snapshot

        group, *more = self._groups
        live = await attach(
            self._followers,
            self._connection.outlet,
            dict.fromkeys(self.streams(), group),
            read_and_wait,
            lambda: self._entered and self._rights.read,
            budget=self._connection.settings.outlet_budget,
            extra=more,
            dialect=self._dialect,
        )
        if not live:
            raise HangUp(TOO_SLOW)
        if self._entered and not self._rights.read:
            self._connection.fail(ForbiddenError("read"))
            self._join()
        elif self._entered:
            self._joined()

    def _members(self) -> int:
        """Connections to the stream, with this one."""
        if not self._kind.keeps:
            return self._followers.hub.size(self._stream) + 1
        here = self._followers.find(self._stream)
        return 0 if here is None else here.members

    def _join(self) -> None:
        """Hear what is told, unless it has left: what it was sent may have been too much for it."""
        if not self._entered:
            return
        hub, outlet = self._followers.hub, self._connection.outlet
        for group in self._groups:
            hub.join(group, outlet, self._dialect, flushed=not self._kind.keeps)
        self._joined()

    def _joined(self) -> None:
        """It hears what is told."""

    def _part(self) -> None:
        """Hear no more."""
        for group in self._groups:
            self._followers.hub.leave(group, self._connection.outlet)

    async def _make(self, request: Request, payload: str | bytes) -> None:
        """Store the event that a request wants, if the caller may send, and be the first."""
        self._rights.require("send")
        await self._be_first()
        event = await make(self._kind, self.caller, self._name, request)
        await self._be_first()
        self._rights.require("send")
        self._store_event(event, request, payload)

    async def _be_first(self) -> None:
        """Ask whether what is sent may be the stream's first. Raises a Refusal."""
        while not (self._begun or self._has_begun()):
            address, rights = self._connection.address, self._rights
            await check_first(self._kind, self._name, self.caller, address, rights)
            self._begun = self._rights.begin or not rights.begin  # it may be taken by now

    def _has_begun(self) -> bool:
        """Whether something was sent here, or this connection may send the first thing."""
        if not self._kind.keeps:
            self._begun = may_begin(self.caller, self._kind.beginners(), may=self._rights.begin)
            return self._begun
        here = self._followers.find(self._stream)
        self._begun = here is not None and bool(here.told)
        return self._begun

    def _store_event(self, event: Event, request: Request, payload: str | bytes) -> None:
        user_id, request_id = self.caller.user_id, request.id or ""
        word, name = self._kind.kind, self._name
        entry = event_entry(word, name, event, user_id=user_id, request_id=request_id)
        self._store(entry, payload)

    def _store(self, entry: Entry, payload: str | bytes) -> None:
        """Have it stored with the next commit, or told at once, and the client told of that."""
        connection, hub, request_id = self._connection, self._followers.hub, entry.request_id
        if entry.told is not None:
            self._tell(entry.stream, entry.told.frame, request_id)
            return
        answer = partial(tell_outcome, connection, hub, request_id or None, payload)
        append_soon(entry, answer, hub, connection.sender)

    def _tell(self, stream: str, frame: bytes, request_id: str | None) -> None:
        """Have what is stored nowhere told at once, and the client that it was taken."""
        tell_frame(self._kind.table, stream, frame)
        if request_id:
            self._followers.hub.answer(self._connection.outlet, taken_frame(request_id))

    async def _tell_history(self, request: AskHistory) -> None:
        self._rights.require("read")
        if not self._kind.keeps:
            self._connection.send(frame_of(self._kind.no_history()))
            return
        page = await in_database(
            history_page, stream=self._stream, limit=request.limit, before=request.before
        )
        self._rights.require("read")
        self._connection.send(frame_of(page))
