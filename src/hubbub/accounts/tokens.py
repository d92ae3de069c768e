"""Tokens: random, shown once, stored as a digest, with an expiry.

A fast hash is enough, as the secret carries 256 random bits and cannot be guessed from a list.
Everything here is blocking database work; from an event loop call it through `in_database`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from hubbub import conf
from hubbub.accounts.models import Token
from hubbub.errors import TokenExpiredError, UnauthenticatedError

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser

PREFIX = "hub_"  # lets secret scanners know a leaked token by its look
RANDOM_BYTES = 32
SHAPE = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")  # 32 bytes are 43 characters of base64


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
) -> str:
    """Store a new token of `user` and return the secret, which nothing can show again.

    Takes the chance to delete the user's expired tokens, so that the table needs no other sweep.
    """
    now = now or timezone.now()
    expires = now + (lifetime or token_lifetime())
    secret = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    Token.objects.filter(user_id=user.pk, expires__lte=now).delete()
    Token.objects.create(
        user_id=user.pk, digest=token_digest(secret), label=label, created=now, expires=expires
    )
    return secret


def token_find(*, secret: str, now: datetime | None = None) -> Token:
    """The token that works, and its user, in one query.

    Raises TokenExpiredError for one that worked once, UnauthenticatedError for every other text.
    What does not look like a token costs no query.
    """
    if not SHAPE.fullmatch(secret):
        raise UnauthenticatedError
    token = Token.objects.select_related("user").filter(digest=token_digest(secret)).first()
    if token is None:
        raise UnauthenticatedError
    refusal = token_refusal(token, now=now or timezone.now())
    if refusal is not None:
        raise refusal
    return token


def token_refusal(token: Token, *, now: datetime) -> UnauthenticatedError | None:
    """Why a stored token does not work, if it does not."""
    if not token.user.is_active:
        return UnauthenticatedError()
    return TokenExpiredError() if token.expires <= now else None


def token_revoke(*, secret: str) -> bool:
    """Delete a token; False if there was none."""
    deleted, _ = Token.objects.filter(digest=token_digest(secret)).delete()
    return deleted > 0
