"""One connection to a chat room."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from django.db import DatabaseError

from hubbub.accounts.names import names
from hubbub.chat.messages import (
    ChatMessage,
    Request,
    Typing,
    presence_frame,
    read_request,
    typing_frame,
)
from hubbub.chat.policy import may_speak_as, speaking_name
from hubbub.chat.rooms import enter_room, extended_group, find_room, leave_room, room_group
from hubbub.chat.services import message_post
from hubbub.errors import ForbiddenError, OverloadedError, Refusal
from hubbub.fanout.hub import local_hub, members_of, publish
from hubbub.sockets.failures import HangUp
from hubbub.wire.closes import TRY_LATER

if TYPE_CHECKING:
    from hubbub.sockets.connection import Connection

#: Requests that may wait while the name of the one before them is looked up.
HELD = 100


class ChatConsumer:
    """What a member asks of its room."""

    __slots__ = ("_connection", "_held", "_joined", "_room", "_username")

    def __init__(self, connection: Connection, room: str) -> None:
        self._connection = connection
        self._room = room
        self._joined = False
        self._username = connection.caller.username
        self._held: deque[tuple[Request, str | bytes]] | None = None

    def open(self) -> None:
        """Join the room. Raises HangUp where it is full."""
        cap = self._connection.settings.max_members
        if cap is not None and members_of(room_group(self._room)) >= cap:
            raise HangUp(TRY_LATER)
        self._joined = True
        enter_room(self._room, self._connection.caller, self._connection.outlet)
        if self._connection.extended:
            self._extend()

    def receive(self, payload: str | bytes) -> None:
        """Do what a frame asks, in the order in which the frames came."""
        request = read_request(payload)
        if self._held is not None:
            if len(self._held) >= HELD:
                raise OverloadedError
            self._held.append((request, payload))
        else:
            self._do(request, payload)

    def leave(self) -> None:
        """Leave the room."""
        self._held = None
        if self._joined:
            self._joined = False
            leave_room(self._room, self._connection.caller, self._connection.outlet)

    def _do(self, request: Request, payload: str | bytes) -> None:
        if isinstance(request, ChatMessage):
            self._say(request, payload)
        elif isinstance(request, Typing):
            self._extend()
            frame = typing_frame(self._username)
            publish(extended_group(self._room), frame, skip=self._connection.outlet)
        else:
            self._extend()
            room = find_room(self._room)
            if room is not None:
                self._connection.send(presence_frame(room.roll.count, room.roll.people()))

    def _say(self, request: ChatMessage, payload: str | bytes) -> None:
        caller = self._connection.caller
        name = speaking_name(caller, request.username)
        allowed = may_speak_as(caller, name)
        if allowed is None:
            self._held = deque([(request, payload)])
            keep(asyncio.get_running_loop().create_task(self._look_up(name)))
            return
        if not allowed:
            raise ForbiddenError
        self._username = name
        message_post(
            room=self._room, message=request.message, username=name, user_id=caller.user_id
        )

    async def _look_up(self, name: str) -> None:
        """Ask whose name it is, then go on with what was held."""
        failure: Refusal | None = None
        try:
            await names.look_up(name)
        except DatabaseError:
            failure = OverloadedError()
        held, self._held = self._held, None
        while held and self._joined:
            request, payload = held.popleft()
            if failure is not None:
                self._connection.fail(failure, payload)
                failure = None
                continue
            try:
                self._do(request, payload)
            except Refusal as refusal:
                self._connection.fail(refusal, payload)
            if self._hold(held):
                return

    def _hold(self, rest: deque[tuple[Request, str | bytes]]) -> bool:
        """Whether the next name had to be looked up; then the rest waits behind it."""
        if self._held is None:
            return False
        self._held.extend(rest)
        return True

    def _extend(self) -> None:
        """From now on this connection gets frames of added types."""
        self._connection.extended = True
        local_hub().join(extended_group(self._room), self._connection.outlet)


#: Tasks under way: the loop itself holds them only weakly.
_tasks: set[asyncio.Task[None]] = set()


def keep(task: asyncio.Task[None]) -> None:
    """Hold a task until it is done."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
