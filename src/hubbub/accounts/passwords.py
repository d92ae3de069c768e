"""Under which password something was made, as Django's sessions tell it: by a keyed hash of it.

A user model without such a hash (one that is no AbstractBaseUser) has none here either.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.utils.crypto import constant_time_compare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.auth.models import AbstractBaseUser


def password_hashes(user: AbstractBaseUser) -> Iterator[str]:
    """The hash of today's password under SECRET_KEY, then under each of SECRET_KEY_FALLBACKS."""
    if has_password(user):
        yield user.get_session_auth_hash()
        yield from user.get_session_auth_fallback_hash()


def has_password(user: AbstractBaseUser) -> bool:
    """Whether a project's user model has such a hash at all."""
    return hasattr(user, "get_session_auth_hash")


def password_mark(user: AbstractBaseUser) -> str:
    """What is stored with a token that ends with the password: 64 hex digits, or nothing."""
    return next(map(mark_of, password_hashes(user)), "")


def password_marked(user: AbstractBaseUser, mark: str) -> bool:
    """Whether a mark is that of the password that the user has now."""
    known = map(mark_of, password_hashes(user))
    return any(constant_time_compare(mark, other) for other in known)


def mark_of(password_hash: str) -> str:
    """A mark of a fixed length, whatever hash a project's user model makes."""
    return hashlib.sha256(password_hash.encode()).hexdigest()
