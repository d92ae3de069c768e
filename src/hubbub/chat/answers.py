"""The bodies of the chat's HTTP calls, and the shapes of their answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from hubbub.chat.messages import ANONYMOUS, MESSAGE_LENGTH, USERNAME_LENGTH
from hubbub.streams.calls import OnceId
from hubbub.streams.request import PAGE
from hubbub.wire.absent import absent
from hubbub.wire.blank import SEEN

Text = Annotated[
    str, Field(json_schema_extra={"minLength": 1, "maxLength": MESSAGE_LENGTH, "pattern": SEEN})
]


class Post(Schema):
    """Something to be said. The service checks the texts, with the sentences of the socket."""

    message: Text
    username: str = Field(ANONYMOUS, json_schema_extra={"maxLength": USERNAME_LENGTH})
    id: OnceId
    data: dict[str, Any] = Field(
        default_factory=absent,
        description="A JSON object of at most 16 KiB, passed on as it is.",
    )


class RoomsPage(Schema):
    """Which rooms: by name, those after `after`."""

    after: str = Field(default_factory=absent, pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    limit: int = Field(50, ge=1, le=PAGE)


class Said(Schema):
    """A message, as the socket tells it. The last four are there where they apply."""

    type: Literal["chat_message"]
    message: str
    username: str
    timestamp: str
    seq: int
    user_id: int | str | None = None
    deleted: bool = False
    data: dict[str, Any] | None = None
    edited: str | None = None


class Edit(Schema):
    """Another text for a message."""

    message: Text
    id: OnceId


class Changed(Schema):
    """Which message was edited or deleted, and the number and the time of that."""

    changed: int
    seq: int
    timestamp: str


class Room(Schema):
    """A room in which something was said, and where its stream stands."""

    name: str
    seq: int
    epoch: str


class Rooms(Schema):
    """A page of rooms."""

    rooms: list[Room]
    more: bool


class Messages(Schema):
    """A page of messages, oldest first. Nothing before `first` is kept any more."""

    messages: list[Said]
    seq: int
    first: int
    epoch: str
    more: bool


class Person(Schema):
    """A name, and the connections behind it."""

    username: str
    connections: int


class Presence(Schema):
    """Who is in a room."""

    count: int
    users: list[Person]
