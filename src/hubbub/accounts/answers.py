"""The bodies of the calls about tokens, and the shapes of their answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import BaseModel, Field

from hubbub.wire.absent import absent
from hubbub.wire.codec import LARGEST

#: Tokens in one page at most.
PAGE = 200


class Login(Schema):
    """A name and a password; hashing longer ones would only cost time."""

    username: Annotated[str, Field(min_length=1, max_length=254)]
    password: Annotated[str, Field(min_length=1, max_length=4096, repr=False)]


class NewToken(Schema):
    """A token and the moment it stops working."""

    token: Annotated[str, Field(repr=False)]
    expires: Annotated[str, Field(description="UTC, ISO 8601.")]


class TokenCreated(Schema):
    """The only time that the token is shown."""

    status: Literal["success"] = "success"
    message: str = "Token created"
    data: NewToken


class NewTicket(Schema):
    """A ticket and the moment it stops working."""

    ticket: Annotated[str, Field(repr=False)]
    expires: Annotated[str, Field(description="UTC, ISO 8601.")]


class TicketCreated(Schema):
    """The only time that the ticket is shown."""

    status: Literal["success"] = "success"
    message: str = "Ticket created"
    data: NewTicket


class TokenPage(Schema):
    """Which tokens: the newest, or those before the one with the id `before`."""

    before: int = Field(default_factory=absent, ge=1, le=LARGEST)
    limit: int = Field(50, ge=1, le=PAGE)


class KnownToken(Schema):
    """A token that works, without the token itself. `current`: this request shows it."""

    id: int
    label: str
    created: str
    expires: Annotated[str, Field(description="UTC, ISO 8601.")]
    current: bool


class Tokens(Schema):
    """A page of tokens, newest first."""

    tokens: list[KnownToken]
    more: bool


class TokenList(Schema):
    """The answer with a page."""

    status: Literal["success"] = "success"
    message: str = "Tokens"
    data: Tokens


class WhichToken(BaseModel):
    """The token to be revoked, by its id; without one, that of the request itself.

    No Schema: Ninja's takes anything for one of which nothing is required, a list too.
    """

    id: int = Field(default_factory=absent, ge=1, le=LARGEST)


class TokenRevoked(Schema):
    """The token works no longer."""

    status: Literal["success"] = "success"
    message: str = "Token revoked"
    data: dict[str, Any] = Field(default_factory=dict)
