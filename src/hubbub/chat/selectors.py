"""What can be read of the rooms. Blocking."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hubbub.anew import forgotten_by
from hubbub.chat.log import COLUMNS, KIND, chat_log, read_row, read_said, stream_of
from hubbub.chat.messages import History, history_frame, recovery_frame
from hubbub.chat.models import Message
from hubbub.journal.models import Stream
from hubbub.journal.read import Extent, extent
from hubbub.wire.codec import encode
from hubbub.wire.page import PAGE_BYTES, count_fitting

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: Events that are replayed to a client that comes back; after more than these it reads a page.
REPLAY = 300
#: Replays that are remembered: of the longest, 32 MB.
REPLAYS = 32


class RoomRow(NamedTuple):
    """A room in which something was said."""

    name: str
    seq: int
    epoch: str


def rooms_list(*, limit: int, after: str = "") -> list[RoomRow]:
    """Rooms by name, from the one after `after` on."""
    first = stream_of(after)
    rows = Stream.objects.filter(name__startswith=f"{KIND}:", name__gt=first).order_by("name")
    return [
        RoomRow(name.partition(":")[2], seq, epoch)
        for name, seq, epoch in rows.values_list("name", "last_seq", "epoch")[:limit]
    ]


def history_page(
    *, room: str, limit: int, before: int | None = None, after: int | None = None
) -> History:
    """Messages, oldest first: the last ones before `before`, or the first ones after `after`.

    `more` says whether there are further ones in that direction.
    """
    return page_up_to(extent(stream_of(room)), room, limit, before, after)


def page_up_to(
    where: Extent, room: str, limit: int, before: int | None = None, after: int | None = None
) -> History:
    """The same, of a room that stands there."""
    rows = Message.objects.filter(name=room, deletes=None, edits=None, seq__lte=where.last_seq)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    if after is not None:
        rows = rows.filter(seq__gt=after)
    found, more = page(rows, limit, backwards=after is None)
    return History(found, where.last_seq, where.epoch, more)


def page(rows: QuerySet[Message], limit: int, *, backwards: bool) -> tuple[list[msgspec.Raw], bool]:
    """Messages as JSON, oldest first, and whether there are further ones.

    If `backwards`, the newest `limit` of them; fewer than `limit` where these are long.
    """
    if not limit:
        return [], False
    order = "-seq" if backwards else "seq"
    found = list(rows.order_by(order).values_list(*COLUMNS)[: limit + 1])
    said = [encode(read_said(*row)) for row in found[:limit]]
    told = said[: count_fitting(map(len, said))]
    if backwards:
        told.reverse()
    return list(map(msgspec.Raw, told)), len(told) < len(found)


def history_open(*, room: str, limit: int) -> tuple[bytes, Extent]:
    """The frame for `?history=`, and where the room stands that it goes up to."""
    where = extent(stream_of(room))
    return history_frame(page_up_to(where, room, limit)), where


def recovery_open(*, room: str, since: int, epoch: str | None) -> tuple[bytes, Extent, bool]:
    """The frames for `?since=`, the place they go up to, and whether nothing is missing."""
    stream = stream_of(room)
    where = extent(stream)
    missed = where.last_seq - since
    # Without an epoch the client trusts the current one.
    known = not epoch or epoch == where.epoch
    if not known or missed > REPLAY or not where.has_all_after(since):
        return recovery_frame(where.last_seq, where.epoch, None), where, False
    frames = replay(stream, where.epoch, since, where.last_seq, where.mark)
    if frames is None:
        return recovery_frame(where.last_seq, where.epoch, None), where, False
    return recovery_frame(where.last_seq, where.epoch, missed) + frames, where, True


@lru_cache(maxsize=REPLAYS)
def replay(stream: str, epoch: str, since: int, upto: int, mark: int) -> bytes | None:
    """The frames of all events after `since` up to the stream's last.

    None if some are gone, or if it is more than a page.

    After a restart a thousand come back at once and ask for the same: it is read once. As long as
    `upto` is the last seq nothing of it changes, for a deletion is a later event.
    """
    del epoch, mark  # parts of what is remembered: with others of them there are other events
    events = chat_log.read(stream, since, upto)
    frames = b"".join(one.frame for one in events)
    return frames if len(events) == upto - since and len(frames) <= PAGE_BYTES else None


forgotten_by(replay.cache_clear)


def message_find(*, room: str, seq: int) -> bytes | None:
    """One message's frame."""
    row = (
        Message.objects.filter(name=room, seq=seq, deletes=None, edits=None)
        .values_list(*COLUMNS)
        .first()
    )
    return read_row(*row).frame if row else None


def oldest_seq(*, room: str) -> int:
    """The seq from which on everything is kept."""
    return extent(stream_of(room)).first_seq
