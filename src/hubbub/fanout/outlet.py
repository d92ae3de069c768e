"""What the hub knows of a socket: a way out for bytes.

Two kinds exist: the server's own WebSocket writes the bytes to its transport
(`server/protocol.py`), any other server is reached through ASGI `send` (`sockets/asgi.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hubbub.fanout.dialect import Dialect
    from hubbub.fanout.parcel import Parcel
    from hubbub.wire.closes import Close

Write = Callable[[bytes], object]


class Outlet(Protocol):
    """One connection's way out. None of the three waits; all run on the connection's own loop.

    `write` is looked up anew at each frame: an outlet that falls behind puts a careful function in
    the place of its transport's, and one that is closed one that does nothing.
    """

    @property
    def write(self) -> Write:
        """Take whole text frames (`fanout/frame.py`), as many as there are in the bytes."""

    def close(self, close: Close) -> None:
        """Say goodbye with a code and reason of `wire/closes.py`; the second time does nothing."""

    def buffered(self) -> int:
        """Bytes taken by `write` that the peer's side has not yet accepted."""


class Hold(Protocol):
    """A member that is catching up: it is given single frames, each with the event it tells."""

    @property
    def dialect(self) -> Dialect:
        """In which the member is going to be told."""

    def keep(self, parcel: Parcel) -> None:
        """Keep a frame until the member can be told."""

    def close(self, close: Close) -> None:
        """Say goodbye to the member."""


class Receiver(Protocol):
    """The one who reads a connection: called on its loop, never awaited."""

    @property
    def peer(self) -> str:
        """The address at the other end, for the log."""

    def received(self, payload: str | bytes) -> None:
        """A whole message: str from text frames, bytes from binary ones."""

    def closed(self, code: int) -> None:
        """The connection is over, or about to be; 1006 where nobody said goodbye. Called once."""


class Socket(Outlet, Protocol):
    """An outlet that can do without an ASGI application once the handshake is done.

    A server that has one offers it in `scope["extensions"]["hubbub.socket"]`, with a weak reference
    to the `owner` of the `receive` and the `send` that it gave to the application: who is given
    others is not alone with it.
    """

    def hand_over(self, receiver: Receiver, *, max_frame: int, budget: int) -> None:
        """Hand messages to `receiver` from now on; the ASGI call may return.

        `max_frame` bounds a message of the client's, `budget` what may wait for it (both bytes).
        """
