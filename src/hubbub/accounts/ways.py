"""The ways to say who is speaking, those of the setting `HUBBUB_AUTHENTICATION`.

Each is asked in the order of the list until one knows a user; it may refuse instead, and then no
later one is asked. Where a token or a ticket is shown no session counts, wherever it stands in the
list: a browser sends it unasked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from channels.auth import UserLazyObject
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.utils.functional import LazyObject, empty

from hubbub.accounts.caller import Caller, caller_from_user
from hubbub.accounts.credentials import PREFIX, TICKET_PREFIX, Credential, Kind
from hubbub.accounts.grant import Grant, user_grant
from hubbub.accounts.lookup import caller_find
from hubbub.accounts.signed_in import SignedIn
from hubbub.accounts.tickets import ticket_use
from hubbub.crossing import in_database
from hubbub.errors import ForbiddenError, UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    Scope = Mapping[str, Any]

#: Where Django makes the lazy `request.user` of a session.
DJANGOS = "django.contrib.auth.middleware"


class Way(Protocol):
    """One entry of the list."""

    #: Whether it takes bearer tokens, of whatever sort.
    bearer: bool
    #: Whether a browser may send along what it knows the user by, unasked by any page of the site.
    csrf: bool

    async def find(self, scope: Scope, credential: Credential | None) -> Caller | None:
        """The user of a scope; None where it shows nothing of this way.

        `credential` is what the scope shows in a place of ours. Raises UnauthenticatedError.
        """


class TokenWay:
    """`token`: a token of ours, from `hubbub token create` or `POST /api/auth/token/`."""

    bearer = True
    csrf = False

    async def find(self, scope: Scope, credential: Credential | None) -> Caller | None:  # noqa: ARG002
        """The token's user. Another's token is left to the other ways."""
        if credential is None or credential.kind is not Kind.TOKEN:
            return None
        if not credential.secret.startswith(PREFIX):
            return None
        return await in_database(caller_find, credential=credential)


class TicketWay:
    """A ticket from `POST /api/auth/ticket/`, whose maker the list has let in: it goes first."""

    bearer = False
    csrf = False

    async def find(self, scope: Scope, credential: Credential | None) -> Caller | None:
        """The ticket's user. Another's ticket is left to the other ways."""
        if credential is None or credential.kind is not Kind.TICKET:
            return None
        if not credential.secret.startswith(TICKET_PREFIX):
            return None
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        origin = b",".join(origins).decode("latin-1")
        return await in_database(ticket_use, secret=credential.secret, origin=origin)


class SessionWay:
    """`session`: the session cookie of Django."""

    bearer = False
    csrf = True

    async def find(self, scope: Scope, credential: Credential | None) -> Caller | None:  # noqa: ARG002
        """The session's user; a session of nobody says nothing."""
        if credential is None or credential.kind is not Kind.SESSION:
            return None
        caller = await in_database(caller_find, credential=credential)
        return None if caller.user_id is None else caller


class UserWay:
    """`user`: whom a middleware of the project has put into `scope["user"]`, or `request.user`."""

    bearer = False
    csrf = True

    def __init__(self, *, sessions: bool) -> None:
        #: Whether no other way of the list looks for sessions.
        self._sessions = sessions

    async def find(self, scope: Scope, credential: Credential | None) -> Caller | None:
        """The middleware's user. One of a session counts only where a session would."""
        user = scope.get("user")
        if user is None:
            return None
        by_session = is_sessions(user)
        if by_session and credential is not None and credential.kind is not Kind.SESSION:
            return None
        if is_unread(user):
            # Of a session, it says no more than the cookie does.
            worth_it = not by_session or (self._sessions and credential is not None)
        else:
            worth_it = is_signed_in(user)
        if not worth_it:
            return None
        return await in_database(caller_find_user, user, session=session_of(scope, user))


class OwnWay:
    """A project's own, by its dotted path: `async def authenticate(scope)`.

    It answers a user, a SignedIn, or None, and raises UnauthenticatedError or ForbiddenError to
    refuse. With
    `csrf = False` it says that no browser sends along what it looks at by itself.
    """

    bearer = True

    def __init__(self, own: Any) -> None:
        self._own = own
        self.csrf = bool(getattr(own, "csrf", True))

    async def find(self, scope: Scope, credential: Credential | None) -> Caller | None:  # noqa: ARG002
        """Whom it knows. What Django raises for nobody and for one who may not refuses too."""
        try:
            known = await self._own.authenticate(scope)
        except ObjectDoesNotExist:
            raise UnauthenticatedError("unknown user") from None
        except PermissionDenied:
            raise ForbiddenError("authentication") from None
        if known is None:
            return None
        if not isinstance(known, SignedIn):
            known = SignedIn(known)
        return await in_database(caller_find_user, known.user, expires=known.expires, kind=Kind.OWN)


def caller_find_user(
    user: Any,
    *,
    expires: datetime | None = None,
    session: str | None = None,
    kind: Kind = Kind.USER,
) -> Caller | None:
    """The caller for a user whom others have found; None for Django's AnonymousUser. Blocking.

    Raises UnauthenticatedError for one that is inactive, or in no table.
    """
    if not is_signed_in(user):
        return None
    if not getattr(user, "is_active", True):
        raise UnauthenticatedError("inactive user")
    if user.pk is None:
        raise UnauthenticatedError("unsaved user")
    if session is not None:
        caller = caller_from_user(user)
        return caller_from_user(user, Grant(Kind.SESSION, session, caller.user_id))
    return caller_from_user(user, user_grant(user, expires, kind))


def is_signed_in(user: Any) -> bool:
    """Whether a user is somebody."""
    return bool(getattr(user, "is_authenticated", False))


def is_unread(user: Any) -> bool:
    """Whether a lazy user has not been looked up yet, which takes the database."""
    return isinstance(user, LazyObject) and user.__dict__.get("_wrapped") is empty


def is_sessions(user: Any) -> bool:
    """Whether a user was found by its session, by Channels' middleware or by Django's."""
    if type(user) is UserLazyObject:
        return True
    found_by = user.__dict__.get("_setupfunc") if isinstance(user, LazyObject) else None
    return getattr(found_by, "__module__", "") == DJANGOS


def session_of(scope: Scope, user: Any) -> str | None:
    """The key of the session that a user was found by, where it was."""
    if not is_sessions(user):
        return None
    return getattr(scope.get("session"), "session_key", None)
