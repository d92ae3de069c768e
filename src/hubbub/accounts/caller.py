"""Who is speaking, as the endpoints see it: a value without a database behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model

from hubbub.accounts.shown import shown_name
from hubbub.crossing import in_database

if TYPE_CHECKING:
    from collections.abc import Hashable

    from django.contrib.auth.models import AbstractBaseUser

    from hubbub.accounts.grant import Grant


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user, or nobody; what a project's own code is given that says who may.

    `user_id` is the primary key (a key that is no integer, such as a UUID, as its text), None for
    nobody. `username` is how it is shown, `grant` what the user was known by; a connection ends
    with that.
    """

    user_id: int | str | None = None
    username: str = "Anonymous"
    is_staff: bool = False
    grant: Grant | None = field(default=None, compare=False)

    @property
    def known_by(self) -> str:
        """How the caller was known: `anonymous`, or `token`, `session`, `jwt`, `user` or `own`.

        `user` is one whom a middleware had found, `own` one whom a way of the project's knows.
        """
        if self.user_id is None:
            return "anonymous"
        return "own" if self.grant is None else self.grant.kind.value

    def user(self) -> AbstractBaseUser | None:
        """The account, read anew; None for nobody, and for one that is in no table. Blocking."""
        if self.user_id is None:
            return None
        return get_user_model()._default_manager.filter(pk=self.user_id).first()

    async def auser(self) -> AbstractBaseUser | None:
        """The same, for async code."""
        return await in_database(self.user)


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
