"""One connection to a chat room."""

from __future__ import annotations

from functools import partial
from time import time_ns
from typing import TYPE_CHECKING

from hubbub.accounts.beginnings import check_beginning
from hubbub.accounts.names import names
from hubbub.chat.gate import gate
from hubbub.chat.log import Draft, stream_of
from hubbub.chat.messages import (
    NO_HISTORY,
    AskHistory,
    AskPresence,
    ChatMessage,
    Delete,
    Edit,
    Request,
    Sanctioning,
    Typing,
    history_frame,
    moderated_frame,
    presence_frame,
    read_request,
    typing_frame,
)
from hubbub.chat.moderation import moderate
from hubbub.chat.opening import Opening, read_opening
from hubbub.chat.policy import may_begin, may_speak_as, speaking_name
from hubbub.chat.rooms import enter_room, find_room, leave_room, room_group
from hubbub.chat.selectors import history_page
from hubbub.chat.services import change_entry, draft_entry
from hubbub.crossing import in_database
from hubbub.errors import ForbiddenError
from hubbub.fanout.hub import publish
from hubbub.journal.append import append_soon
from hubbub.journal.attach import attach
from hubbub.journal.nodes import local_node
from hubbub.journal.passing import NOWHERE
from hubbub.sockets.acks import tell_outcome
from hubbub.sockets.failures import HangUp
from hubbub.sockets.ping import PING, Ping
from hubbub.sockets.turns import Turns
from hubbub.streams.permissions import NOTHING
from hubbub.streams.present import admit, leave_stream
from hubbub.streams.standing import place_of
from hubbub.wire.closes import FORBIDDEN, FULL, TOO_SLOW
from hubbub.wire.codec import timestamp
from hubbub.wire.data import write_data

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller
    from hubbub.chat.messages import Changing, Moderating
    from hubbub.sockets.connection import Connection
    from hubbub.streams.permissions import Rights


class ChatConsumer:
    """What a member asks of its room."""

    __slots__ = (
        "_begun",
        "_connection",
        "_entered",
        "_node",
        "_rights",
        "_room",
        "_turns",
        "_username",
    )

    def __init__(self, connection: Connection, room: str) -> None:
        self._connection = connection
        self._node = local_node()
        self._room = room
        self._begun = False
        self._entered = False
        self._rights = NOTHING
        self._username = connection.caller.username
        self._turns = Turns(self, connection)

    def streams(self) -> tuple[str, ...]:
        """The room's, where it is stored."""
        return (stream_of(self._room),) if self._stores else ()

    @property
    def _stores(self) -> bool:
        return self._connection.settings.chat_store

    @property
    def caller(self) -> Caller:
        """Who is on the connection."""
        return self._connection.caller

    async def admit(self) -> None:
        """Ask what the caller may, if that is not known. Raises HangUp where it may not enter."""
        self._rights = gate.known(self.caller) or await admit(stream_of(self._room), self)

    def open(self) -> None:
        """Join the room, with what was missed first. Raises HangUp where it is full."""
        if not self._rights.enter:  # taken away while it was accepted
            raise HangUp(FORBIDDEN, self._rights.refusal("enter"))
        opening = self._enter(self._connection.ask(read_opening))
        if opening is not None and self._stores:
            self._turns.begin(self._catch_up(opening))
            return
        self._join()
        if opening is not None:
            self._connection.send(opening.read_nothing())

    def receive(self, payload: str | bytes) -> None:
        """Do what a frame asks, in the order in which the frames came."""
        self._turns.take(read_request(payload), payload)

    def do(self, request: Request | Ping, payload: str | bytes) -> None:
        """Do a request whose turn it is."""
        if isinstance(request, ChatMessage):
            self._say(request, payload)
            return
        self._connection.extend()
        if isinstance(request, AskHistory):
            self._turns.wait_for(self._tell_history(request), payload)
        elif isinstance(request, Typing):
            self._rights.require("send")
            frame = typing_frame(self._username)
            skip = self._connection.outlet
            publish(room_group(self._room), frame, added=True, skip=skip)
        elif isinstance(request, AskPresence):
            room = find_room(self._room)
            if room is not None:
                self._connection.send(presence_frame(room.roll.count, room.roll.people()))
        elif isinstance(request, Edit | Delete):
            self._turns.wait_for(self._change(request, payload), payload)
        elif isinstance(request, Sanctioning):
            self._turns.wait_for(self._moderate(request), payload)

    def extend(self) -> None:
        """Do it after the requests that came before."""
        self._turns.take(PING, b"")

    def standing(self) -> dict[str, object]:
        """Its place, and how many people are here."""
        room = find_room(self._room)
        stored, nowhere = self._stores, {"seq": 0, "epoch": NOWHERE}
        place = place_of(stream_of(self._room)) if stored else nowhere
        return {**place, "count": room.roll.count if room else 0}

    def extended(self) -> None:
        """Get what others type, and what is deleted; who is not in the room gets it on entering."""
        if self._entered:
            self._join()

    def leave(self) -> None:
        """Leave the room."""
        self._turns.end()
        if self._entered:
            self._entered = False
            leave_room(self._room, self.caller, self._connection.outlet)
        leave_stream(stream_of(self._room), self)

    def allow(self, rights: Rights) -> None:
        """Go on with these rights, or be sent away, and leave at once."""
        self._rights = rights
        if not rights.enter and self._entered:
            self._connection.fail(HangUp(FORBIDDEN, rights.refusal("enter")))
            self.leave()

    def _enter(self, opening: Opening | None) -> Opening | None:
        """Be there, and say what may come first. Raises HangUp where the room is full."""
        cap = self._connection.settings.max_members
        room = find_room(self._room)
        if cap is not None and room is not None and room.roll.connections >= cap:
            raise HangUp(FULL)
        self._entered = True
        enter_room(self._room, self.caller)
        if opening is None or self._rights.read:
            return opening
        self._connection.fail(ForbiddenError("read"))
        return None

    def _join(self) -> None:
        connection = self._connection
        self._node.hub.join(room_group(self._room), connection.outlet, connection.dialect)

    async def _catch_up(self, opening: Opening) -> None:
        stream = stream_of(self._room)
        read = partial(in_database, opening.read, self._room)
        live = await attach(
            self._node,
            self._connection.outlet,
            {stream: room_group(self._room)},
            partial(self._node.reads.share, (stream, opening), read),
            lambda: self._entered and self._rights.read,
            budget=self._connection.settings.outlet_budget,
            dialect=self._connection.dialect,
        )
        if not live:
            raise HangUp(TOO_SLOW)
        if self._entered and not self._rights.read:
            self._connection.fail(ForbiddenError("read"))
            self._join()

    def _say(self, request: ChatMessage, payload: str | bytes) -> None:
        if request.id is not None:
            self._connection.extend()
        if not self._rights.send:
            self._rights.require("send")
        caller = self._connection.caller
        name = speaking_name(caller, request.username)
        allowed = may_speak_as(caller, name)
        if allowed is False:
            raise ForbiddenError("name")
        if allowed is None or not (self._begun or self._has_begun()):
            self._turns.wait_for(self._look_up(name, request, payload), payload)
        else:
            self._post(name, request, payload)

    async def _look_up(self, name: str, request: ChatMessage, payload: str | bytes) -> None:
        """Ask whose name it is, and whether it may be the first here, before it is posted."""
        caller = self._connection.caller
        if may_speak_as(caller, name) is None and await names.look_up(name):
            raise ForbiddenError
        if not self._has_begun():
            if not self._stores:
                raise ForbiddenError("begin")
            address, allowed = self._connection.address, self._connection.settings.chat_begin
            may = self._rights.begin
            await check_beginning(stream_of(self._room), caller, address, allowed, may=may)
            self._begun = True
        self._rights.require("send")
        self._post(name, request, payload)

    def _has_begun(self) -> bool:
        """Whether something was said here, or this connection may say the first thing."""
        if not self._stores:
            allowed = self._connection.settings.chat_begin
            return may_begin(self.caller, allowed, may=self._rights.begin)
        if not self._begun:
            follower = self._node.follower(stream_of(self._room))
            self._begun = follower is not None and bool(follower.told)
        return self._begun

    def _post(self, name: str, request: ChatMessage, payload: str | bytes) -> None:
        self._username = name
        data = "" if request.data is None else write_data(request.data)
        draft = Draft(request.message, name, timestamp(time_ns()), data=data)
        user_id = self._connection.caller.user_id
        entry = draft_entry(self._room, draft, user_id, request.id or "")
        hub = self._node.hub
        answer = partial(tell_outcome, self._connection, hub, request.id, payload)
        append_soon(entry, answer, hub, self._connection.sender)

    async def _tell_history(self, request: AskHistory) -> None:
        self._rights.require("read")
        if not self._stores:
            self._connection.send(history_frame(NO_HISTORY))
            return
        page = await in_database(
            history_page, room=self._room, limit=request.limit, before=request.before
        )
        self._rights.require("read")
        self._connection.send(history_frame(page))

    async def _change(self, request: Changing, payload: str | bytes) -> None:
        text = request.message if isinstance(request, Edit) else None
        right = "enter" if text is None else "send"
        self._rights.require(right)
        entry = await in_database(
            change_entry,
            room=self._room,
            seq=request.seq,
            message=text,
            user_id=self.caller.user_id,
            request_id=request.id or "",
            may_all=self._rights.moderate,
        )
        self._rights.require(right)
        hub = self._node.hub
        answer = partial(tell_outcome, self._connection, hub, request.id, payload)
        append_soon(entry, answer, hub, self._connection.sender)

    async def _moderate(self, request: Moderating) -> None:
        self._rights.require("moderate")
        until = await moderate(self.caller, self._room, request)
        self._connection.send(moderated_frame(request, until))
