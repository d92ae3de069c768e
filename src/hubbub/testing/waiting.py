"""A member for tests that are not async: each call waits, while its loop runs on another thread."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from hubbub.anew import ended_by
from hubbub.undertest import no_turn

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from hubbub.testing.dial import Goodbye
    from hubbub.testing.member import Member

T = TypeVar("T")

#: Those that have not hung up.
_open: set[WaitingMember] = set()


class WaitingMember:
    """As `Member`, whose methods it has; what they do is said there."""

    def __init__(self, member: Member) -> None:
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            raise TypeError("in an async test it is `async with Member(...)`")
        self._member = member
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._thread = Thread(target=self._loop.run_forever, name="member", daemon=True)
        self._thread.start()
        _open.add(self)

    def connect(self) -> None:
        """Shake hands."""
        try:
            self._wait(self._member.connect())
        except BaseException:
            self.end()
            raise

    def say(self, **frame: Any) -> None:
        """Send a JSON object."""
        self._wait(self._member.say(**frame))

    def say_raw(self, payload: str | bytes) -> None:
        """Send a text, or bytes."""
        self._wait(self._member.say_raw(payload))

    def hear(self) -> Any:
        """The next frame."""
        return self._wait(self._member.hear())

    def hear_until(self, **keys: Any) -> Any:
        """The first frame with these keys and values."""
        return self._wait(self._member.hear_until(**keys))

    def hear_goodbye(self) -> Goodbye:
        """How the connection is closed from the other side."""
        return self._wait(self._member.hear_goodbye())

    def hear_nothing_more(self) -> None:
        """Everything that was done has been told, and nothing has come."""
        self._wait(self._member.hear_nothing_more())

    def hang_up(self, code: int = 1000) -> None:
        """Close the connection."""
        self._wait(self._member.hang_up(code))

    @property
    def heard(self) -> list[Any]:
        """All frames that were heard."""
        return self._member.heard

    @property
    def subprotocol(self) -> str | None:
        """The one that the application has chosen."""
        return self._member.subprotocol

    def end(self) -> None:
        """Hang up, and end the thread."""
        _open.discard(self)
        if self._thread.is_alive():
            self._wait(self._member.hang_up())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._runner.close()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        with no_turn():
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def end_all() -> None:
    """Hang up for those that a test has left open."""
    for member in tuple(_open):
        member.end()


ended_by(end_all)
