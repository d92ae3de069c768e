"""Who is speaking, as the endpoints see it: a value without a database behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user, or nobody.

    `user_id` is the primary key (a key that is no integer, such as a UUID, as its text), None for
    nobody.
    """

    user_id: int | str | None = None
    username: str = "Anonymous"
    is_staff: bool = False


ANONYMOUS = Caller()


def caller_from_user(user: AbstractBaseUser) -> Caller:
    """Describe an account of whatever user model the project has."""
    key = user.pk if isinstance(user.pk, int) else str(user.pk)
    return Caller(key, user.get_username(), bool(getattr(user, "is_staff", False)))
