"""Tickets: each opens one socket, within half a minute, for the page that has asked for it.

So no token that works for long stands in an address. They are stored as a digest of the secret and
of the page's origin; the process that deletes the row has used it, whichever it is. Blocking.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from hubbub.accounts.caller import Caller, caller_from_user
from hubbub.accounts.credentials import TICKET_PREFIX, TICKET_SHAPE, Kind
from hubbub.accounts.grant import Grant, user_grant
from hubbub.accounts.models import Ticket
from hubbub.accounts.review import grants_review
from hubbub.errors import TokenExpiredError, UnauthenticatedError
from hubbub.wire.keys import read_key, write_key

if TYPE_CHECKING:
    from datetime import datetime

#: Seconds in which one may be used; and for so long it is told afterwards that it came too late.
SECONDS = 30
KEPT = 60
RANDOM_BYTES = 32
#: Characters of a session's key; a longer one is the session itself, signed, and is kept nowhere.
SESSION_KEY = 255


def ticket_create(
    *, user: Any, origin: str = "", grant: Grant | None = None, now: datetime | None = None
) -> tuple[str, datetime]:
    """Store a new ticket for a user, and return it with its end; nothing can show it again.

    `origin` is that of the page whose socket it opens, empty for a program. The connection ends
    with `grant`, else with the user. Deletes the tickets that nobody has used in time.
    Raises UnauthenticatedError for a user without a row.
    """
    now = now or timezone.now()
    if grant is None or (grant.kind is Kind.SESSION and len(grant.key) > SESSION_KEY):
        grant = user_grant(user)
    if grant is None:
        raise UnauthenticatedError("user of no table")
    secret = TICKET_PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    expires = now + timedelta(seconds=SECONDS)
    Ticket.objects.filter(expires__lte=now - timedelta(seconds=KEPT)).delete()
    Ticket.objects.create(
        digest=ticket_digest(secret, origin),
        user=write_key(user.pk),
        kind=grant.kind.value,
        grant=grant.key,
        ends=grant.expires,
        expires=expires,
    )
    return secret, expires


def ticket_digest(secret: str, origin: str) -> str:
    """The digest under which a ticket is stored: of another origin it is another."""
    page = origin.lower().rstrip("/")
    return hashlib.sha256(f"{secret} {page}".encode()).hexdigest()


def ticket_use(*, secret: str, origin: str, now: datetime | None = None) -> Caller:
    """The caller of a ticket, which is then no more.

    Raises TokenExpiredError for one that came too late, UnauthenticatedError for every other text,
    and for a user who may speak no longer.
    """
    now = now or timezone.now()
    if not TICKET_SHAPE.fullmatch(secret):
        raise UnauthenticatedError("malformed ticket")
    ticket = Ticket.objects.filter(digest=ticket_digest(secret, origin)).first()
    # Of two who found it one deletes it.
    if ticket is None or not Ticket.objects.filter(pk=ticket.pk).delete()[0]:
        raise UnauthenticatedError("unknown ticket")
    if ticket.expires <= now:
        raise TokenExpiredError("expired ticket")
    return ticket_caller(ticket, now)


def ticket_caller(ticket: Ticket, now: datetime) -> Caller:
    """The user of a ticket, known by what had been shown for it. Raises UnauthenticatedError."""
    key = read_key(ticket.user)
    grant = Grant(Kind(ticket.kind), ticket.grant, key, ticket.ends)
    ended = grants_review([grant], now=now)
    if grant in ended:
        raise ended[grant]
    user = get_user_model()._default_manager.filter(pk__in=[key]).first()
    if user is None:
        raise UnauthenticatedError("unknown user")
    return caller_from_user(user, grant)
