"""What can be read of a stream of whatever kind. Blocking."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from hubbub.anew import forgotten_by
from hubbub.fanout.frame import content, frame_of
from hubbub.journal.read import Extent, extent
from hubbub.journal.table import table_of
from hubbub.streams.messages import recovery_frame
from hubbub.streams.registry import kind_in
from hubbub.wire.page import PAGE_BYTES, count_fitting

#: Events that are replayed to a client that comes back; after more than these it reads a page.
REPLAY = 300
#: Replays that are remembered: of the longest, 32 MB.
REPLAYS = 32


def history_page(
    *, stream: str, limit: int, before: int | None = None, after: int | None = None
) -> Any:
    """Events, oldest first: the last ones before `before`, or the first ones after `after`.

    `more` says whether there are further ones in that direction.
    """
    return page_up_to(extent(stream), stream, limit, before, after)


def page_up_to(
    where: Extent, stream: str, limit: int, before: int | None = None, after: int | None = None
) -> Any:
    """The same, of a stream that stands there; fewer than `limit` where they are long."""
    kind, found, backwards = kind_in(stream), [], after is None
    if limit:
        upto = where.last_seq if before is None else min(where.last_seq, before - 1)
        found = kind.table.page(stream, after or 0, upto, limit + 1, backwards=backwards)
    frames = [content(row.frame) for row in found[:limit]]
    told = frames[: count_fitting(map(len, frames))]
    more = len(told) < len(found)
    if backwards:
        told.reverse()
    return kind.history(list(map(msgspec.Raw, told)), where.last_seq, where.epoch, more=more)


def history_open(*, stream: str, limit: int) -> tuple[bytes, Extent]:
    """The frame for `?history=`, and where the stream stands that it goes up to."""
    where = extent(stream)
    return frame_of(page_up_to(where, stream, limit)), where


def recovery_open(*, stream: str, since: int, epoch: str | None) -> tuple[bytes, Extent, bool]:
    """The frames for `?since=`, the position they go up to, and whether nothing is missing."""
    where = extent(stream)
    missed = where.last_seq - since
    position: dict[str, object] = {"seq": where.last_seq, "epoch": where.epoch}
    # Without an epoch the client trusts the current one.
    known = not epoch or epoch == where.epoch
    frames = None
    if known and missed <= REPLAY and where.has_all_after(since):
        frames = replay(stream, where.epoch, since, where.last_seq, where.mark)
    if frames is None:
        return recovery_frame(None, **position), where, False
    return recovery_frame(missed, **position) + frames, where, True


@lru_cache(maxsize=REPLAYS)
def replay(stream: str, epoch: str, since: int, upto: int, mark: int) -> bytes | None:
    """The frames of all events after `since` up to the stream's last.

    None if some are gone, or if it is more than a page.

    After a restart a thousand come back at once and ask for the same: it is read once. As long as
    `upto` is the last seq nothing of it changes, for what changes an event is a later event.
    """
    del epoch, mark  # parts of what is remembered: with others of them there are other events
    events = table_of(stream).read(stream, since, upto)
    frames = b"".join(one.frame for one in events)
    return frames if len(events) == upto - since and len(frames) <= PAGE_BYTES else None


forgotten_by(replay.cache_clear)


def oldest_seq(*, stream: str) -> int:
    """The seq from which on everything is kept."""
    return extent(stream).first_seq


def event_find(*, stream: str, seq: int) -> bytes:
    """One event's frame, empty if it was pruned."""
    return b"".join(row.frame for row in table_of(stream).read(stream, seq - 1, seq))
