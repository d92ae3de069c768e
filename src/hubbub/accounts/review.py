"""Whether grants still hold: many at a time, and as strictly as at a handshake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY, get_user_model, load_backend
from django.contrib.auth.backends import ModelBackend

from hubbub.accounts.caller import user_key
from hubbub.accounts.credentials import Kind
from hubbub.accounts.grant import OTHERS, STRANGER, grant_mark
from hubbub.accounts.models import Token
from hubbub.accounts.owners import owned
from hubbub.accounts.passwords import password_marked
from hubbub.accounts.sessions import (
    backend_user,
    sessions_load,
    stored_user_id,
    user_verified,
)
from hubbub.accounts.tokens import token_refusal
from hubbub.errors import SessionEndedError, TokenExpiredError, UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser

    from hubbub.accounts.grant import Grant

    Ended = dict[Grant, UnauthenticatedError]


def grants_review(grants: Sequence[Grant], *, now: datetime) -> Ended:
    """Those that hold no longer, each with what a handshake would be refused with.

    Blocking: a query for the tokens, one for the sessions, one for the sessions' users, one for the
    other users; a backend with a `get_user` of its own is asked for each. Raises DatabaseError, and
    then nothing is known of any.
    """
    tokens = [grant for grant in grants if grant.kind is Kind.TOKEN]
    sessions = [grant for grant in grants if grant.kind is Kind.SESSION]
    users = [grant for grant in grants if grant.kind in OTHERS]
    return tokens_review(tokens, now=now) | sessions_review(sessions) | users_review(users, now=now)


def tokens_review(grants: Sequence[Grant], *, now: datetime) -> Ended:
    """Tokens that expired or were revoked, or whose user is inactive or has another password."""
    if not grants:
        return {}
    keys = [grant.key for grant in grants]
    found = owned(Token.objects.filter(digest__in=keys))
    stored = {token.digest: token for token in found}
    ended: Ended = {}
    for grant in grants:
        token = stored.get(grant.key)
        refusal = missing_token(grant, now) if token is None else token_refusal(token, now=now)
        if refusal is not None:
            ended[grant] = refusal
    return ended


def missing_token(grant: Grant, now: datetime) -> UnauthenticatedError:
    """Why a token may be gone: expired ones are deleted now and then, else it was revoked."""
    if grant.expires is not None and grant.expires <= now:
        return TokenExpiredError("expired token")
    return UnauthenticatedError("revoked token")


def sessions_review(grants: Sequence[Grant]) -> Ended:
    """Sessions that are over, or whose user may not use them any more."""
    if not grants:
        return {}
    loaded = sessions_load([grant.key for grant in grants])
    users = users_load(loaded.values())
    return {
        grant: SessionEndedError("ended session")
        for grant in grants
        if not session_holds(grant, loaded.get(grant.key, {}), users)
    }


def users_load(sessions: Iterable[Mapping[str, Any]]) -> Mapping[Any, AbstractBaseUser]:
    """The users of sessions by primary key, in one query: of those whose backend only reads it."""
    keys = {stored_user_id(data) for data in sessions if table_backend(data) is not None}
    return get_user_model()._default_manager.in_bulk(keys - {None})


def session_holds(
    grant: Grant, data: Mapping[str, Any], users: Mapping[Any, AbstractBaseUser]
) -> bool:
    """Whether a session is still that of its grant's user, and good."""
    if SESSION_KEY not in data or BACKEND_SESSION_KEY not in data:
        return False
    backend = table_backend(data)
    user: Any = users.get(stored_user_id(data)) if backend else backend_user(data)
    if user is None or (backend and not backend.user_can_authenticate(user)):
        return False
    return user_key(user) == grant.user_id and user_verified(user, data)


def table_backend(data: Mapping[str, Any]) -> ModelBackend | None:
    """The session's own backend, if it finds users as Django's does: in the table, by their key."""
    path = data.get(BACKEND_SESSION_KEY, "")
    if SESSION_KEY not in data or path not in settings.AUTHENTICATION_BACKENDS:
        return None
    backend = load_backend(path)
    if isinstance(backend, ModelBackend) and type(backend).get_user is ModelBackend.get_user:
        return backend
    return None


def users_review(grants: Sequence[Grant], *, now: datetime) -> Ended:
    """Users whom others had found, that are gone or inactive, or whose password or time is over."""
    found = users_found(grants)
    ended: Ended = {}
    for grant in grants:
        if grant.expires is not None and grant.expires <= now:
            ended[grant] = TokenExpiredError("expired token")
        elif not user_holds(grant, found.get(grant.user_id)):
            ended[grant] = SessionEndedError("inactive user or changed password")
    return ended


def user_holds(grant: Grant, user: AbstractBaseUser | None) -> bool:
    """Whether a user is still the one that others had found."""
    mark = grant_mark(grant)
    if mark == STRANGER:
        return True
    return user is not None and user.is_active and (not mark or password_marked(user, mark))


def staff_review(grants: Sequence[Grant]) -> dict[Grant, bool]:
    """Whether the users are staff, of those that are in the table. Blocking: a query for all."""
    users = users_found(grants)
    return {
        grant: bool(getattr(users[grant.user_id], "is_staff", False))
        for grant in grants
        if grant.user_id in users and grant_mark(grant) != STRANGER
    }


def users_found(grants: Iterable[Grant]) -> dict[int | str | None, AbstractBaseUser]:
    """The users of grants, by their keys as a Caller has them."""
    known = {grant.user_id for grant in grants if grant_mark(grant) != STRANGER} - {None}
    users = get_user_model()._default_manager.in_bulk(list(known)).values() if known else ()
    return {user_key(user): user for user in users}
