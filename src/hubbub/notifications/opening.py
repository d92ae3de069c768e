"""What a client gets first: where it stands, what it has not read, what it missed.

In this order: `connection_status`; with `?unread=1` the unread ones; with `?cursor=` whether all
that was missed can be told, and then that. The cursors of these frames are positions up to which
all has been sent when the frame is read, so that a client may be cut off anywhere among them; they
lie behind what is no frame.
"""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, NamedTuple

from hubbub.fanout.frame import frame_of
from hubbub.notifications.cursor import Both, Positions, read_cursor, write_cursor
from hubbub.notifications.inbox import EVERYONE, stream_of
from hubbub.notifications.messages import Deleted, connected_frame, placed_frame, stem_of
from hubbub.notifications.selectors import (
    UNREAD,
    Marks,
    Row,
    fitting,
    marks_of,
    missed_rows,
    standing,
    unread_count,
    unread_newest,
)
from hubbub.streams.messages import recovery_frame
from hubbub.streams.opening import Snapshot
from hubbub.streams.standing import Position
from hubbub.wire.codec import timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.bus.base import Event
    from hubbub.streams.opening import Query
    from hubbub.streams.standing import Extent

#: Missed frames, and unread notifications, that are replayed at most.
REPLAY = 300
#: Events that are looked through for them: a user may have read much on other devices.
SPAN = 3000


class Opening(NamedTuple):
    """What a client asks for in the socket's path."""

    cursor: Positions | None = None
    unread: bool = False


NOTHING = Opening()


def read_opening(query: Query) -> Opening:
    """What a query asks for. A cursor that cannot be read is one that nobody knows."""
    cursor = query.text("cursor")
    positions = None if cursor is None else read_cursor(cursor)
    return Opening(positions, query.flag("unread"))


class Arrival:
    """A connection on its way in. `read` blocks, on a thread that may use the database."""

    def __init__(self, inbox: str, opening: Opening) -> None:
        self._inbox = inbox
        self._opening = opening
        self._upto: Positions = Both(None, None)

    def read(self) -> Snapshot:
        """The frames that come before the live ones."""
        here = standing(inbox=self._inbox)
        self._upto = Both(here.own.end if self._inbox else None, here.everyone.end)
        marks = marks_of(inbox=self._inbox) if self._inbox else UNREAD
        since = self._find_since(here.own, here.everyone)
        missed = None if since is None else self._missed(since, marks)
        start, cursors = positions_between(missed or (), self._upto)
        frames = self._welcome(start, marks)
        if self._opening.unread:
            frames += self._unread(start, marks)
        if self._opening.cursor is not None:
            replay = None if missed is None else list(map(replayed_frame, missed, cursors))
            frames += recovery(write_cursor(start), replay)
        ends = {EVERYONE: here.everyone}
        if self._inbox:
            ends[stream_of(self._inbox)] = here.own
        seqs = {stream: end.last_seq for stream, end in ends.items()}
        marked = {stream: end.mark for stream, end in ends.items()}
        return Snapshot(frames, seqs, marked, self._place)

    def _place(self, event: Event | None, upto: dict[str, int]) -> bytes:
        """The frame of an event that was told meanwhile, with the cursor of one who has all this.

        When it was told, less may have been told of the other stream than is in the snapshot. So
        it is with a count, and that is told again to who comes amid one.
        """
        if event is None:
            return b""
        own, everyone = self._upto
        if own is not None:
            own = own._replace(seq=upto[stream_of(self._inbox)])
        if everyone is not None:
            everyone = everyone._replace(seq=upto[EVERYONE])
        return placed_frame(stem_of(event.frame), write_cursor(Both(own, everyone)))

    def _find_since(self, own: Extent, everyone: Extent) -> Positions | None:
        """The positions to resume after, None where that cannot be promised."""
        asked = self._opening.cursor
        if asked is None:
            return None
        theirs = known(asked.everyone, everyone)
        mine = known(asked.own, own) if self._inbox else None
        if theirs is None or (self._inbox and mine is None):
            return None
        since = Both(mine, theirs)
        missed = everyone.last_seq - theirs.seq + (own.last_seq - mine.seq if mine else 0)
        return since if missed <= SPAN else None

    def _missed(self, since: Positions, marks: Marks) -> list[Row] | None:
        """What is to be told after `since`; None if it is too much, or an event there no more."""
        rows = missed_rows(inbox=self._inbox, since=since, upto=self._upto, marks=marks)
        wanted = sum(
            last.seq - first.seq
            for first, last in zip(since, self._upto, strict=True)
            if first is not None and last is not None
        )
        told = [row for row in rows if row.told]
        whole = len(rows) == wanted and len(told) <= REPLAY and fitting(told) == len(told)
        return told if whole else None

    def _welcome(self, start: Positions, marks: Marks) -> bytes:
        unread = None
        if self._inbox:
            unread = unread_count(inbox=self._inbox, upto=self._upto, marks=marks)
        return connected_frame(timestamp(time_ns()), write_cursor(start), unread)

    def _unread(self, upto: Positions, marks: Marks) -> bytes:
        rows = unread_newest(inbox=self._inbox, upto=upto, marks=marks, limit=REPLAY)
        cursor = write_cursor(upto)
        return b"".join(frame_of(row.notified(cursor)) for row in rows)


def recovery(cursor: str, replay: list[bytes] | None) -> bytes:
    """The frame that says whether all can be told, and then that."""
    number = None if replay is None else len(replay)
    return b"".join((recovery_frame(number, cursor=cursor), *(replay or ())))


def positions_between(rows: Sequence[Row], end: Positions) -> tuple[Positions, list[str]]:
    """The positions before the first row, and the cursor of each: just before the next one."""
    positions, cursors = end, []
    for row in reversed(rows):
        cursors.append(write_cursor(positions))
        positions = move(positions, row.inbox, row.seq - 1)
    return positions, cursors[::-1]


def replayed_frame(row: Row, cursor: str) -> bytes:
    """The frame of a stored event, with its cursor."""
    if row.deletes is not None:
        return frame_of(Deleted(row.deletes, row.timestamp, cursor))
    return frame_of(row.notified(cursor))


def known(position: Position | None, here: Extent) -> Position | None:
    """A position that everything after it is still there of, in today's numbering; else None."""
    # `:0` is what clients of an empty stream were told when it had no epoch yet.
    if position is None or (position.epoch != here.epoch and position != Position()):
        return None
    return Position(here.epoch, position.seq) if here.has_all_after(position.seq) else None


def move(positions: Positions, inbox: str, seq: int) -> Positions:
    """The positions with another seq in an inbox's stream."""
    name = "own" if inbox else "everyone"
    old: Position | None = getattr(positions, name)
    return positions if old is None else positions._replace(**{name: old._replace(seq=seq)})
