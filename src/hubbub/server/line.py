"""What the parts of an HTTP connection ask of it; `http.py` has the one that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

    from hubbub.server.answer import Headers
    from hubbub.server.deadline import Deadline
    from hubbub.server.head import RequestError
    from hubbub.server.reader import RequestReader


class Answering(Protocol):
    """The request that is with the application; `exchange.py` says what its parts mean."""

    began: bool
    complete: bool
    expects: bool
    keep_alive: bool

    @property
    def full(self) -> bool:
        """Whether as much of the body waits as may."""

    def feed(self, content: bytes, *, more: bool) -> None:
        """Give the application a piece of the body."""

    def drained(self) -> None:
        """Let a `send` that waits for room go on."""

    def disconnect(self) -> None:
        """Tell the application that nobody waits any more."""


class Seated(Protocol):
    """What a connection holds of the limits on connections."""

    keys: list[str]
    refusal: RequestError | None

    def release(self) -> None:
        """Give all back."""


class Deadlines(Protocol):
    """How long a connection may take for what; one of each for all of a loop."""

    @property
    def body_deadline(self) -> Deadline[Line]:
        """For a body."""

    @property
    def answer_deadline(self) -> Deadline[Line]:
        """For reading an answer."""

    @property
    def linger_deadline(self) -> Deadline[Line]:
        """For reading the last answer."""

    @property
    def half_closed_deadline(self) -> Deadline[Line]:
        """For the answer to a peer that will send no more."""


class Line(Protocol):
    """An HTTP connection."""

    deaf: bool
    eof: bool
    paused: bool
    dropped: int
    received: int
    unsent: int
    exchange: Answering | None

    @property
    def transport(self) -> asyncio.Transport:
        """Its bytes' way out."""

    @property
    def reader(self) -> RequestReader:
        """Its bytes' way in."""

    @property
    def host(self) -> Deadlines:
        """What it shares with others."""

    @property
    def seat(self) -> Seated | None:
        """What it holds of the limits."""

    def advance(self) -> None:
        """Read on."""

    def answered(self) -> None:
        """Go on to the next request, or hang up."""

    def lags(self) -> bool:
        """Whether the application has as much of the body before it as may wait."""

    def may_stay(self) -> bool:
        """Whether the rest of the request can be read and dropped."""

    def default_headers(self) -> Headers:
        """The server's own headers of every answer."""

    def watch_answer(self) -> None:
        """Have the answer read at the rate that is asked for."""

    def wait(self, deadline: Deadline[Line] | None) -> None:
        """Wait for one thing at a time."""
