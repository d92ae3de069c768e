"""Who is speaking, as the endpoints see it: a value without a database behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubbub.accounts.shown import shown_name

if TYPE_CHECKING:
    from collections.abc import Hashable

    from django.contrib.auth.models import AbstractBaseUser

    from hubbub.accounts.grant import Grant


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user, or nobody.

    `user_id` is the primary key (a key that is no integer, such as a UUID, as its text), None for
    nobody. `username` is how it is shown, `grant` what the user was known by; a connection ends
    with that.
    """

    user_id: int | str | None = None
    username: str = "Anonymous"
    is_staff: bool = False
    grant: Grant | None = field(default=None, compare=False)


ANONYMOUS = Caller()


def caller_from_user(user: AbstractBaseUser, grant: Grant | None = None) -> Caller:
    """Describe an account of whatever user model the project has. Blocking."""
    is_staff = bool(getattr(user, "is_staff", False))
    return Caller(user_key(user), shown_name(user), is_staff, grant)


def who(caller: Caller, address: str) -> tuple[str, Hashable]:
    """What counts as one caller: a user, or all that is anonymous at one network address."""
    return ("address", address) if caller.user_id is None else ("user", caller.user_id)


def user_key(user: AbstractBaseUser) -> int | str:
    """A user's primary key as a Caller has it."""
    return user.pk if isinstance(user.pk, int) else str(user.pk)
