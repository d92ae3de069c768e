"""What a connection's reads bring, a slice at a time, so that none keeps the others waiting.

A read is 256 KiB at most, and may hold 40,000 empty frames. They are taken `SLICE` by `SLICE`, with
a turn of the loop between (`protocol.py`), and nothing more is read until they are. Who sends too
many that bring no message is sent away.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from hubbub.limits.bucket import Bucket
from hubbub.server.frames import FrameReader, WireError
from hubbub.wire.closes import RATE_LIMIT

if TYPE_CHECKING:
    from hubbub.server.frames import Frame

#: Frames that are taken in one turn of the loop: 64 of a chat are about 2 ms.
SLICE = 64
#: Control frames and tiny fragments that may come in so many seconds: 100 a second, 500 at once.
DUES = 500
DUES_SECONDS = 5.0


class Intake(FrameReader):
    """The reading side of one connection, with bounds on what it costs."""

    __slots__ = ("_allowance",)

    def __init__(self, max_size: int) -> None:
        super().__init__(max_size)
        self._allowance: Bucket | None = None

    def slice(self, data: bytes, parting: bool) -> list[Frame]:  # noqa: FBT001 - on a hot path
        """The next frames that are complete with `data`; for more see `behind`. Raises WireError.

        `parting` from a peer, all frames but its goodbye are ones without a message.
        """
        frames = self.feed(data, SLICE)
        if parting:
            self.dues += len(frames)
        if self.dues > 0:
            self._charge(monotonic())
        return frames

    def expect_pong(self) -> None:
        """Our own ping was sent: one frame to come is no due of the peer's."""
        self.dues -= 1

    def _charge(self, now: float) -> None:
        """Pay the dues. Raises WireError where there are too many."""
        if self._allowance is None:
            self._allowance = Bucket(DUES, now)
        while self.dues > 0:
            self.dues -= 1
            if self._allowance.take(DUES, DUES_SECONDS, now):
                raise WireError(RATE_LIMIT)
