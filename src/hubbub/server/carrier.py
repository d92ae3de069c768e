"""What an ASGI call asks of the connection that carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

    from hubbub.fanout.outlet import Receiver, Write
    from hubbub.wire.closes import Close


class Carrier(Protocol):
    """A connection, as `call.py` knows it; `protocol.py` has the one that there is."""

    transport: asyncio.Transport
    paused: bool
    write: Write

    def accept(self, response: bytes) -> None:
        """Answer 101 and open."""

    def refuse(self, response: bytes) -> None:
        """Answer with another status and hang up."""

    def go_on(self) -> None:
        """Read on after a pause."""

    def close(self, close: Close) -> None:
        """Part from the peer."""

    def receiver_is(self, receiver: Receiver) -> bool:
        """Whether it was handed over to nobody since `receiver`."""
