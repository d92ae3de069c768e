"""One connection to a chat room."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING

from hubbub.accounts.names import names
from hubbub.chat.kind import rooms
from hubbub.chat.messages import (
    AskPresence,
    ChatMessage,
    Delete,
    Edit,
    Request,
    Sanctioning,
    Typing,
    moderated_frame,
    presence_frame,
    typing_frame,
)
from hubbub.chat.moderation import moderate
from hubbub.chat.rooms import crowds, find_room, room_group
from hubbub.chat.services import client_change, entry_of
from hubbub.chat.speaking import may_speak_as, speaking_name
from hubbub.chat.table import Body, passing_frame, stream_of
from hubbub.crossing import in_database
from hubbub.errors import ForbiddenError
from hubbub.fanout.hub import publish
from hubbub.streams.consumer import Consumer
from hubbub.streams.request import AskHistory
from hubbub.wire.codec import timestamp
from hubbub.wire.data import write_data

if TYPE_CHECKING:
    from hubbub.chat.messages import Changing, Moderating
    from hubbub.streams.consumer import Client


class ChatConsumer(Consumer):
    """What a member asks of its room."""

    __slots__ = ("_username",)

    def __init__(self, connection: Client, room: str) -> None:
        super().__init__(rooms, connection, room)
        self._username = connection.caller.username

    def do(self, request: Request, payload: str | bytes) -> None:  # type: ignore[override]  # it has requests of its own
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
            publish(room_group(self._name), frame, added=True, skip=skip)
        elif isinstance(request, AskPresence):
            room = find_room(self._name)
            if room is not None:
                self._connection.send(presence_frame(room.roll.count, room.roll.people()))
        elif isinstance(request, Edit | Delete):
            self._turns.wait_for(self._change(request, payload), payload)
        elif isinstance(request, Sanctioning):
            self._turns.wait_for(self._moderate(request), payload)

    def standing(self) -> dict[str, object]:
        """Its position, and how many people are here."""
        room = find_room(self._name)
        return {**super().standing(), "count": room.roll.count if room else 0}

    def _members(self) -> int:
        """Connections to the room, with this one."""
        room = find_room(self._name)
        return 1 if room is None else room.roll.connections + 1

    def _begin(self) -> None:
        caller, outlet = self.caller, self._connection.outlet
        crowds.enter(self._name, caller.user_id, caller.username, outlet)
        super()._begin()

    def _part(self) -> None:
        super()._part()
        crowds.leave(self._name, self.caller.user_id, self.caller.username)

    def _say(self, request: ChatMessage, payload: str | bytes) -> None:
        if request.id is not None:
            self._connection.extend()
        if not self._rights.send:
            self._rights.require("send")
        caller = self.caller
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
        if may_speak_as(self.caller, name) is None and await names.look_up(name):
            raise ForbiddenError
        await self._be_first()
        self._rights.require("send")
        self._post(name, request, payload)

    def _post(self, name: str, request: ChatMessage, payload: str | bytes) -> None:
        self._username = name
        user_id, stamp = self.caller.user_id, timestamp(time_ns())
        data = None if request.data is None else write_data(request.data)
        if not self._connection.settings.chat_store:
            frame = passing_frame(request.message, name, stamp, user_id, data)
            self._tell(stream_of(self._name), frame, request.id)
            return
        body = Body(request.message, name, stamp, data)
        entry = entry_of(self._name, body, user_id, request.id or "")
        self._store(entry, payload)

    async def _change(self, request: Changing, payload: str | bytes) -> None:
        text = request.message if isinstance(request, Edit) else None
        right = "enter" if text is None else "send"
        rights = self._rights
        rights.require(right)
        entry = await in_database(
            client_change,
            room=self._name,
            seq=request.seq,
            message=text,
            user_id=self.caller.user_id,
            request_id=request.id or "",
            may_all=rights.moderate,
        )
        self._rights.require(right)
        if rights.moderate:  # which may be why it is allowed
            self._rights.require("moderate")
        self._store(entry, payload)

    async def _moderate(self, request: Moderating) -> None:
        await self._check_moderator()
        until = await moderate(self.caller, self._name, request, self._check_moderator)
        self._connection.send(moderated_frame(request, until))

    async def _check_moderator(self) -> None:
        """Raise ForbiddenError for one who moderates nothing here, or no more."""
        self._rights.require("moderate")
