"""`/api/auth/`: a token for a password, and its end."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.contrib.auth import authenticate
from django.http import HttpRequest  # noqa: TC002 - Ninja reads the annotations of a view
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from hubbub.accounts.caller_auth import CallerAuth, request_credential
from hubbub.accounts.credentials import Kind
from hubbub.accounts.guesses import guess
from hubbub.accounts.tokens import token_create, token_lifetime, token_revoke
from hubbub.crossing import in_database, in_slow_lane
from hubbub.errors import UnauthenticatedError

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser

router = Router(tags=["auth"])


class WrongPasswordError(UnauthenticatedError):
    """Whatever was wrong, the sentence is this one: it tells nobody which names exist."""

    sentence = "Wrong username or password"


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


class TokenRevoked(Schema):
    """The token works no longer."""

    status: Literal["success"] = "success"
    message: str = "Token revoked"
    data: dict[str, Any] = Field(default_factory=dict)


@router.post("/token/", response=TokenCreated, auth=None, summary="Create a token")
async def auth_token(request: HttpRequest, login: Login) -> TokenCreated:
    """A new token for the user of this name and password. It is shown this once."""
    with guess(address=request.META.get("REMOTE_ADDR") or "", username=login.username):
        return await in_slow_lane(token_issue, request=request, login=login, now=timezone.now())


@router.post("/token/revoke/", response=TokenRevoked, auth=CallerAuth(), summary="Revoke a token")
async def auth_token_revoke(request: HttpRequest) -> TokenRevoked:
    """End the token that this request shows."""
    credential = request_credential(request)
    if credential is None or credential.kind is not Kind.TOKEN:
        raise UnauthenticatedError
    await in_database(token_revoke, secret=credential.secret)
    return TokenRevoked()


def token_issue(*, request: HttpRequest, login: Login, now: datetime) -> TokenCreated:
    """Check the password and make a token. Blocking. Raises WrongPasswordError."""
    user = login_user(request=request, login=login)
    lifetime = token_lifetime()
    secret = token_create(user=user, label="HTTP", lifetime=lifetime, now=now)
    expires = (now + lifetime).astimezone(UTC).isoformat(timespec="microseconds")
    return TokenCreated(data=NewToken(token=secret, expires=expires))


def login_user(*, request: HttpRequest, login: Login) -> AbstractBaseUser:
    """The user of a name and a password, asked of Django's authentication backends."""
    # A NUL is in no name, and PostgreSQL raises on one.
    if "\0" in login.username + login.password:
        raise WrongPasswordError
    user = authenticate(request, username=login.username, password=login.password)
    if user is None:
        raise WrongPasswordError
    return user
