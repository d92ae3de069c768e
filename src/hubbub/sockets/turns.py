"""The requests of one connection in the order in which they came, when one of them has to wait.

A consumer never waits itself. Where a request needs the database, what comes after it is held
until it is done; at most `HELD` of them.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from django.db import Error

from hubbub.errors import OverloadedError
from hubbub.tasks import start_task

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

HELD = 500


class Doer(Protocol):
    """Does what a client asks."""

    def do(self, request: Any, payload: str | bytes) -> None:
        """Do a request, now or in a `Turns.wait_for`."""

    def over(self) -> None:
        """The connection has ended, and all is done that came before."""


class Teller(Protocol):
    """Tells a client what became of it."""

    def fail(self, error: Exception, payload: str | bytes = b"") -> None:
        """Tell of an error in what `payload` asked."""


class Nobody:
    """Stands in for both when the connection has ended."""

    def do(self, request: Any, payload: str | bytes) -> None:
        """Do nothing."""

    def over(self) -> None:
        """That it is known."""

    def fail(self, error: Exception, payload: str | bytes = b"") -> None:
        """Tell nobody."""


NOBODY = Nobody()


class Turns:
    """Has each request done by `doer`; `teller` hears of one that raises."""

    __slots__ = ("_doer", "_held", "_opening", "_over", "_teller")

    def __init__(self, doer: Doer, teller: Teller) -> None:
        self._doer = doer
        self._teller = teller
        self._held: deque[tuple[Any, str | bytes]] | None = None
        self._opening: asyncio.Task[None] | None = None
        self._over = False

    def take(self, request: Any, payload: str | bytes) -> None:
        """Do a request now, or after those before it. Raises OverloadedError, and what it may."""
        if self._held is None:
            self._doer.do(request, payload)
        elif len(self._held) < HELD:
            self._held.append((request, payload))
        else:
            raise OverloadedError("turns")

    def end(self) -> None:
        """The connection is over: what came before is still done, and nobody hears of it.

        A client that sends and closes at once has been heard, and what would have come first needs
        to come no more. Then what refers to the connection is let go.
        """
        self._over = True
        self._teller = NOBODY
        if self._held is None:
            self._let_go()
        elif self._opening is not None:
            self._opening.cancel()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Hold what comes until `work` is done, which brings what the client gets first."""
        self._opening = self.wait_for(work)

    def wait_for(
        self, work: Coroutine[Any, Any, None], payload: str | bytes = b""
    ) -> asyncio.Task[None]:
        """Hold what comes until `work` is done; what it raises is told of `payload`."""
        if self._held is None:
            self._held = deque()
        task = start_task(work)
        task.add_done_callback(partial(self._finished, payload))
        return task

    def _finished(self, payload: str | bytes, task: asyncio.Task[None]) -> None:
        self._opening = None
        if task.cancelled():
            if not self._over:
                return  # the loop ends
        elif isinstance(error := task.exception(), Error):
            self._teller.fail(OverloadedError("database"), payload)
        elif isinstance(error, Exception):
            self._teller.fail(error, payload)
        self._resume()

    def _resume(self) -> None:
        held, self._held = self._held, None
        while held:
            request, payload = held.popleft()
            try:
                self._doer.do(request, payload)
            except Exception as error:  # noqa: BLE001 - `teller` tells and logs
                self._teller.fail(error, payload)
            if self._waits_again(held):
                return
        if self._over:
            self._let_go()

    def _let_go(self) -> None:
        doer, self._doer = self._doer, NOBODY
        doer.over()

    def _waits_again(self, rest: deque[tuple[Any, str | bytes]]) -> bool:
        """Whether the request had to wait as well; then the rest stays behind it."""
        if self._held is None:
            return False
        self._held.extend(rest)
        return True
