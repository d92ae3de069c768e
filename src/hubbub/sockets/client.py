"""What an endpoint has of one who is there: a connection of its own, or one stream of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubbub.accounts.caller import Caller
    from hubbub.conf import Settings
    from hubbub.fanout.dialect import Dialect
    from hubbub.fanout.outlet import Outlet
    from hubbub.journal.line import Sender
    from hubbub.sockets.query import Query

T = TypeVar("T")


class Client(Protocol):
    """Who is there, what it may send, and the way to it."""

    @property
    def caller(self) -> Caller:
        """Who it is."""

    @property
    def address(self) -> str:
        """What counts as one address for the limits."""

    @property
    def settings(self) -> Settings:
        """Those in force."""

    @property
    def sender(self) -> Sender:
        """Whose turn it is where something is to be stored."""

    @property
    def outlet(self) -> Outlet:
        """Where the frames of its groups go."""

    @property
    def dialect(self) -> Dialect:
        """How it is told what its groups are told."""

    def ask(self, read: Callable[[Query], T]) -> T:
        """What it wants to hear first."""

    async def room(self) -> None:
        """Wait until it has room for what comes first."""

    def send(self, frame: bytes) -> None:
        """Write a frame to it alone."""

    def extend(self) -> None:
        """From now on it gets frames of added types."""

    def fail(self, error: Exception, payload: str | bytes = b"") -> None:
        """Tell it of an error in what `payload` asks."""
