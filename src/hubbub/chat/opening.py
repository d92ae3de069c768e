"""What a client asks for in the path of a chat socket: `?history=50`, `?since=117&epoch=k3f9`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubbub.chat.log import stream_of
from hubbub.chat.messages import NO_HISTORY, PAGE, history_frame, recovery_frame
from hubbub.chat.selectors import history_open, recovery_open
from hubbub.journal.attach import Snapshot
from hubbub.journal.passing import NOWHERE
from hubbub.journal.read import Extent

if TYPE_CHECKING:
    from hubbub.sockets.query import Query


class Opening(NamedTuple):
    """A page of the last `history` messages, or all after `since` in the numbering `epoch`.

    With both, the page is told where what was missed cannot be.
    """

    history: int | None
    since: int | None
    epoch: str | None

    def read(self, room: str) -> Snapshot:
        """The frames that come before the live ones. Blocking."""
        frames, where, recovered = b"", Extent(), False
        if self.since is not None:
            frames, where, recovered = recovery_open(room=room, since=self.since, epoch=self.epoch)
        if self.history is not None and not recovered:
            page, where = history_open(room=room, limit=self.history)
            frames += page
        stream = stream_of(room)
        return Snapshot(frames, {stream: where.last_seq}, {stream: where.mark})

    def read_nothing(self) -> bytes:
        """The same frames, where nothing is stored: what was missed is lost."""
        recovery = b"" if self.since is None else recovery_frame(0, NOWHERE, None)
        return recovery + (b"" if self.history is None else history_frame(NO_HISTORY))


def read_opening(query: Query) -> Opening | None:
    """What a query asks for, None for nothing."""
    history, since = query.number("history"), query.number("since")
    if history is None and since is None:
        return None
    history = None if history is None else min(history, PAGE)
    return Opening(history, since, query.text("epoch"))
