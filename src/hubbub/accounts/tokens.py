"""Tokens: random, shown once, stored as a digest, with an expiry, and bound to a password.

A fast hash is enough, as the secret carries 256 random bits and cannot be guessed from a list.
Everything here is blocking database work; from an event loop call it through `in_database`.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from hubbub import conf
from hubbub.accounts.credentials import PREFIX, SHAPE
from hubbub.accounts.models import Token
from hubbub.accounts.owners import owned
from hubbub.accounts.passwords import password_mark, password_marked
from hubbub.errors import NotFoundError, TokenExpiredError, UnauthenticatedError

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser

RANDOM_BYTES = 32


def token_digest(secret: str) -> str:
    """The digest under which a token is stored: SHA-256, 64 hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def token_lifetime() -> timedelta:
    """How long a token works when its maker does not say."""
    return timedelta(seconds=conf.current().token_lifetime)


def token_create(
    *,
    user: AbstractBaseUser,
    label: str = "",
    lifetime: timedelta | None = None,
    now: datetime | None = None,
    keep: bool = False,
) -> str:
    """Store a new token of `user` and return the secret, which nothing can show again.

    It ends with the user's password, unless a program is to `keep` it whatever becomes of that.
    Takes the chance to delete the user's expired tokens, so that the table needs no other sweep.
    """
    now = now or timezone.now()
    expires = now + (lifetime or token_lifetime())
    secret = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    Token.objects.filter(user_id=user.pk, expires__lte=now).delete()
    Token.objects.create(
        user_id=user.pk,
        digest=token_digest(secret),
        label=label,
        password="" if keep else password_mark(user),
        created=now,
        expires=expires,
    )
    return secret


def token_find(*, secret: str, now: datetime | None = None) -> Token:
    """The token that works, and its user.

    Raises TokenExpiredError for one that worked once and is stored yet, UnauthenticatedError for
    every other text.
    What does not look like a token costs no query.
    """
    if not SHAPE.fullmatch(secret):
        raise UnauthenticatedError("malformed token")
    found = owned(Token.objects.filter(digest=token_digest(secret)))
    if not found:
        raise UnauthenticatedError("unknown token")
    [token] = found
    refusal = token_refusal(token, now=now or timezone.now())
    if refusal is not None:
        raise refusal
    if settings.SECRET_KEY_FALLBACKS:
        token_sign(token)
    return token


def token_refusal(token: Token, *, now: datetime) -> UnauthenticatedError | None:
    """Why a stored token does not work, if it does not."""
    if not token.user.is_active:
        return UnauthenticatedError("inactive user")
    if token.expires <= now:
        return TokenExpiredError("expired token")
    if not token_current(token):
        return TokenExpiredError("changed password")
    return None


def token_current(token: Token) -> bool:
    """Whether the user still has the password that a token ends with, if it ends with one."""
    return not token.password or password_marked(token.user, token.password)


def token_sign(token: Token) -> None:
    """Mark a token anew that an old key of SECRET_KEY_FALLBACKS did: it outlives that key."""
    mark = password_mark(token.user)
    if token.password not in {"", mark}:
        Token.objects.filter(pk=token.pk).update(password=mark)


def token_revoke(*, secret: str) -> bool:
    """Delete a token; False if there was none."""
    deleted, _ = Token.objects.filter(digest=token_digest(secret)).delete()
    return deleted > 0


def token_revoke_own(*, user_id: int | str, number: int) -> None:
    """Delete one of a user's tokens by its id. Raises NotFoundError where it has no such token."""
    deleted, _ = Token.objects.filter(user_id=user_id, pk=number).delete()
    if not deleted:
        raise NotFoundError


def tokens_list(*, user_id: int | str, limit: int, before: int | None = None) -> list[Token]:
    """A user's tokens that have not expired, newest first: the newest, or those before an id."""
    tokens = Token.objects.filter(user_id=user_id, expires__gt=timezone.now())
    if before is not None:
        tokens = tokens.filter(pk__lt=before)
    return list(tokens.order_by("-pk")[:limit])
