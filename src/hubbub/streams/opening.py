"""What a client asks for in the path of a socket: `?history=50`, `?since=117&epoch=k3f9`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubbub.fanout.frame import frame_of
from hubbub.journal.attach import Snapshot
from hubbub.journal.passing import NOWHERE
from hubbub.journal.read import Extent
from hubbub.sockets.query import Query
from hubbub.streams.messages import recovery_frame
from hubbub.streams.request import PAGE
from hubbub.streams.selectors import history_open, recovery_open

if TYPE_CHECKING:
    from hubbub.streams.kind import Kind

__all__ = ["Opening", "Query", "Snapshot", "read_opening"]


class Opening(NamedTuple):
    """A page of the last `history` events, or all after `since` in the numbering `epoch`.

    With both, the page is told where what was missed cannot be.
    """

    history: int | None
    since: int | None
    epoch: str | None

    def read(self, stream: str) -> Snapshot:
        """The frames that come before the live ones. Blocking."""
        frames, where, recovered = b"", Extent(), False
        if self.since is not None:
            frames, where, recovered = recovery_open(
                stream=stream, since=self.since, epoch=self.epoch
            )
        if self.history is not None and not recovered:
            page, where = history_open(stream=stream, limit=self.history)
            frames += page
        return Snapshot(frames, {stream: where.last_seq}, {stream: where.mark})

    def read_nothing(self, kind: Kind) -> bytes:
        """The same frames, of a stream that keeps nothing: what was missed is lost."""
        recovery = b"" if self.since is None else recovery_frame(None, seq=0, epoch=NOWHERE)
        return recovery + (b"" if self.history is None else frame_of(kind.no_history()))


def read_opening(query: Query) -> Opening | None:
    """What a query asks for, None for nothing."""
    history, since = query.number("history"), query.number("since")
    if history is None and since is None:
        return None
    history = None if history is None else min(history, PAGE)
    return Opening(history, since, query.text("epoch"))
