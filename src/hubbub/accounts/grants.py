"""The signed-in connections of an event loop, and their end with what they were known by.

Everything that a connection was known by is looked at again every `EVERY` seconds, for all
connections together; what has an end ends at that moment. What ends in this process by a call of
Django's ends its connections at once, as does a change to a user who may then stay no longer.
Anonymous connections are not here and cost nothing.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from hubbub.accounts.caller import user_key
from hubbub.accounts.credentials import Kind
from hubbub.accounts.grant import Grant
from hubbub.accounts.models import Token
from hubbub.accounts.review import grants_review, missing_token, staff_review
from hubbub.accounts.users import user_deleted
from hubbub.aftercommit import after_commit
from hubbub.anew import forgotten_by
from hubbub.crossing import in_database
from hubbub.errors import SessionEndedError, TokenExpiredError, UnauthenticatedError
from hubbub.observe.events import GRANTS_UNKNOWN
from hubbub.observe.report import report
from hubbub.perloop import PerLoop
from hubbub.tasks import start_task
from hubbub.wire.moment import seconds_until

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from django.http import HttpRequest

#: Seconds between two looks, so the longest that a connection outlives its token or session.
EVERY = 30.0
#: Grants looked up at a time. A session costs 50 µs, a token 20: others get their turn in between.
CHUNK = 100
#: What a login alone saves of a user: it ends nothing.
LOGIN = frozenset({"last_login"})


class Connection(Protocol):
    """A signed-in one; told on its own loop, once."""

    def end(self, refusal: UnauthenticatedError) -> None:
        """Say why, and close."""

    def know_staff(self, *, is_staff: bool) -> None:
        """Go on as one who is staff, or is not; mostly that is no news."""


class Grants:
    """Those of one event loop, each with its connections. One timer for all, and none for none."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._connections: dict[Grant, set[Connection]] = {}
        #: Of those grants whose end comes before the next look.
        self._ends: dict[Grant, asyncio.TimerHandle] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._look: asyncio.Task[None] | None = None

    def enter(self, grant: Grant, connection: Connection) -> None:
        """Have a connection told when its grant ends."""
        self._connections.setdefault(grant, set()).add(connection)
        self._expect(grant)
        self._arm()

    def leave(self, grant: Grant, connection: Connection) -> None:
        """Forget a connection; one that was told is forgotten already."""
        others = self._connections.get(grant)
        if others is None:
            return
        others.discard(connection)
        if not others:
            self._forget(grant)
        if not self._connections and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def end(self, grant: Grant, refusal: UnauthenticatedError) -> None:
        """Tell all connections of a grant, in turns of their own: none keeps it from the others."""
        for connection in self._forget(grant):
            self.loop.call_soon(connection.end, refusal)

    def look_at(self, user_id: int | str) -> None:
        """Look soon at the grants of one user, if there are any."""
        grants = [grant for grant in self._connections if grant.user_id == user_id]
        if grants:
            start_task(self.look(grants), self.loop)

    async def look(self, grants: Sequence[Grant] | None = None) -> None:
        """Look at every grant, or at some, and whether their users are staff.

        Where that cannot be, nobody is told: the next look will. A store or a backend that fails
        for one keeps nobody in another chunk from being looked at.
        """
        grants = list(self._connections) if grants is None else grants
        for grant in grants:
            self._expect(grant)
        for start in range(0, len(grants), CHUNK):
            chunk = grants[start : start + CHUNK]
            try:
                ended = await in_database(grants_review, chunk, now=timezone.now())
                for grant, refusal in ended.items():
                    self.end(grant, refusal)
                staff = await in_database(staff_review, chunk)
            except Exception as error:  # noqa: BLE001 - the others are still looked at
                report(GRANTS_UNKNOWN, type(error).__name__, error=error)
                continue
            for grant, is_staff in staff.items():
                for one in self._connections.get(grant, ()):
                    self.loop.call_soon(partial(one.know_staff, is_staff=is_staff))

    def _expect(self, grant: Grant) -> None:
        """End a grant at its time, whether the database answers or not."""
        if grant.expires is None or grant in self._ends or grant not in self._connections:
            return
        seconds = seconds_until(grant.expires)
        if seconds <= EVERY:
            self._ends[grant] = self.loop.call_later(max(0, seconds), self._expire, grant)

    def _expire(self, grant: Grant) -> None:
        self.end(grant, TokenExpiredError("expired token"))

    def _forget(self, grant: Grant) -> set[Connection]:
        """Drop a grant, and return its connections."""
        if (timer := self._ends.pop(grant, None)) is not None:
            timer.cancel()
        return self._connections.pop(grant, set())

    def _arm(self) -> None:
        if self._connections and self._timer is None and self._look is None:
            self._timer = self.loop.call_later(EVERY, self._begin)

    def _begin(self) -> None:
        self._timer = None
        self._look = self.loop.create_task(self._look_and_arm())

    async def _look_and_arm(self) -> None:
        try:
            await self.look()
        finally:
            self._look = None
            self._arm()


_grants = PerLoop(Grants)
forgotten_by(_grants.forget)


def local_grants() -> Grants:
    """Those of the running event loop."""
    return _grants.here()


def grant_end(grant: Grant, refusal: UnauthenticatedError) -> None:
    """Tell the connections of a grant on every event loop of the process. From any thread."""
    for here in _grants.alive():
        # A loop may close at any moment, and then its connections are gone.
        with suppress(RuntimeError):
            here.loop.call_soon_threadsafe(here.end, grant, refusal)


def notice_logout(request: HttpRequest | None, **_: Any) -> None:
    """End what is connected by a session that is about to be deleted."""
    key = getattr(getattr(request, "session", None), "session_key", None)
    if key:
        grant_end(Grant(Kind.SESSION, key), SessionEndedError("logout"))


def notice_user(instance: Any, using: str, **kwargs: Any) -> None:
    """Look at what is connected by a user that was saved, once that is committed."""
    fields = kwargs.get("update_fields")
    if isinstance(instance, get_user_model()) and fields != LOGIN:
        notice_deleted(instance, using)


def notice_deleted(user: Any, using: str, **_: Any) -> None:
    """The same of one that was deleted."""
    user_id = user_key(user)
    after_commit(lambda: user_look(user_id), using)


def user_look(user_id: int | str) -> None:
    """Look soon at a user's grants on every event loop of the process. From any thread."""
    for here in _grants.alive():
        with suppress(RuntimeError):  # as above
            here.loop.call_soon_threadsafe(here.look_at, user_id)


def notice_revocation(instance: Token, using: str, **_: Any) -> None:
    """End what is connected by a token that was deleted, once that is committed."""
    grant = Grant(Kind.TOKEN, instance.digest, expires=instance.expires)
    refusal = missing_token(grant, timezone.now())
    after_commit(lambda: grant_end(grant, refusal), using)


user_logged_out.connect(notice_logout, dispatch_uid="hubbub.accounts.grants")
post_delete.connect(notice_revocation, sender=Token, dispatch_uid="hubbub.accounts.grants")
post_save.connect(notice_user, dispatch_uid="hubbub.accounts.grants.user")
user_deleted.connect(notice_deleted, dispatch_uid="hubbub.accounts.grants.user")
