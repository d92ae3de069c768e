"""`/api/auth/`: a token for a password, a user's tokens, their end, and tickets for sockets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from django.contrib.auth import authenticate, get_user_model
from django.http import HttpRequest  # noqa: TC002 - Ninja reads the annotations of a view
from django.utils import timezone
from ninja import Body, Query, Router

from hubbub import conf
from hubbub.accounts.answers import (
    KnownToken,
    Login,
    NewTicket,
    NewToken,
    TicketCreated,
    TokenCreated,
    TokenList,
    TokenPage,
    TokenRevoked,
    Tokens,
    WhichToken,
)
from hubbub.accounts.caller_auth import CallerAuth, caller_of, request_credential
from hubbub.accounts.credentials import Kind
from hubbub.accounts.guesses import guesses
from hubbub.accounts.tickets import ticket_create
from hubbub.accounts.tokens import (
    token_create,
    token_lifetime,
    token_revoke,
    token_revoke_own,
    tokens_list,
)
from hubbub.crossing import in_database, in_slow_lane
from hubbub.errors import UnauthenticatedError
from hubbub.limits.rates import check_rate
from hubbub.wire.moment import stamp

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser

    from hubbub.accounts.grant import Grant
    from hubbub.accounts.models import Token

router = Router(tags=["auth"])


class WrongPasswordError(UnauthenticatedError):
    """Whatever was wrong, the sentence is this one: it tells nobody which names exist."""

    sentence = "Wrong username or password"


@router.post("/token/", response=TokenCreated, auth=None, summary="Create a token")
async def auth_token(request: HttpRequest, login: Login) -> TokenCreated:
    """A new token for the user of this name and password. It is shown this once."""
    with guesses.guess(address=request.META.get("REMOTE_ADDR") or "", username=login.username):
        return await in_slow_lane(token_issue, request=request, login=login, now=timezone.now())


@router.post("/ticket/", response=TicketCreated, auth=CallerAuth(), summary="Create a ticket")
async def auth_ticket(request: HttpRequest) -> TicketCreated:
    """A ticket that opens one socket of this page as the caller, within 30 seconds: `?ticket=`."""
    user_id, grant = signed_in(request)
    check_ticket_rate(user_id)
    origin = request.headers.get("Origin") or ""
    secret, expires = await in_database(ticket_for, user_id=user_id, grant=grant, origin=origin)
    return TicketCreated(data=NewTicket(ticket=secret, expires=stamp(expires)))


@router.get("/tokens/", response=TokenList, auth=CallerAuth(), summary="List tokens")
async def auth_tokens(request: HttpRequest, page: Query[TokenPage]) -> TokenList:
    """The caller's own tokens, newest first."""
    user_id, grant = signed_in(request)
    found = await in_database(
        partial(tokens_list, user_id=user_id, limit=page.limit + 1, before=page.before)
    )
    shown = grant.key if grant else ""
    tokens = [known_token(token, shown) for token in found[: page.limit]]
    return TokenList(data=Tokens(tokens=tokens, more=len(found) > page.limit))


@router.post("/token/revoke/", response=TokenRevoked, auth=CallerAuth(), summary="Revoke a token")
async def auth_token_revoke(
    request: HttpRequest, which: Annotated[WhichToken | None, Body()] = None
) -> TokenRevoked:
    """End one of the caller's own tokens, or without an id the one that this request shows."""
    if which is not None and which.id is not None:
        user_id, _ = signed_in(request)
        await in_database(partial(token_revoke_own, user_id=user_id, number=which.id))
        return TokenRevoked()
    credential = request_credential(request)
    if credential is None or credential.kind is not Kind.TOKEN:
        raise UnauthenticatedError("no token")
    await in_database(token_revoke, secret=credential.secret)
    return TokenRevoked()


def signed_in(request: HttpRequest) -> tuple[int | str, Grant | None]:
    """The user who calls, and what it is known by. Raises UnauthenticatedError for nobody."""
    caller = caller_of(request)
    if caller.user_id is None:
        raise UnauthenticatedError("anonymous")
    return caller.user_id, caller.grant


def check_ticket_rate(user_id: int | str) -> None:
    """Let a user ask for no more tickets than for messages. Raises RateLimitedError."""
    check_rate(conf.current().rate_limit, "tickets", user_id)


def ticket_for(*, user_id: int | str, grant: Grant | None, origin: str) -> tuple[str, datetime]:
    """A ticket of a user who is signed in. Blocking. Raises UnauthenticatedError without a row."""
    user = get_user_model()._default_manager.filter(pk=user_id).first() if grant else None
    if user is None:
        raise UnauthenticatedError("user of no table")
    return ticket_create(user=user, origin=origin, grant=grant)


def known_token(token: Token, shown: str) -> KnownToken:
    """A token as its user sees it; `shown` is the digest of the one that the request carries."""
    return KnownToken(
        id=token.pk,
        label=token.label,
        created=stamp(token.created),
        expires=stamp(token.expires),
        current=token.digest == shown,
    )


def token_issue(*, request: HttpRequest, login: Login, now: datetime) -> TokenCreated:
    """Check the password and make a token. Blocking. Raises WrongPasswordError."""
    user = login_user(request=request, login=login)
    lifetime = token_lifetime()
    secret = token_create(user=user, label="HTTP", lifetime=lifetime, now=now)
    return TokenCreated(data=NewToken(token=secret, expires=stamp(now + lifetime)))


def login_user(*, request: HttpRequest, login: Login) -> AbstractBaseUser:
    """The user of a name and a password, asked of Django's authentication backends."""
    # A NUL is in no name, and PostgreSQL raises on one.
    if "\0" in login.username + login.password:
        raise WrongPasswordError("wrong password")
    user = authenticate(request, username=login.username, password=login.password)
    if user is None:
        raise WrongPasswordError("wrong password")
    return user
