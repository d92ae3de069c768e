"""Where streams stand: in their table, and as a client is told that hears one."""

from __future__ import annotations

from typing import NamedTuple

from hubbub.journal.attach import reach
from hubbub.journal.models import Stream
from hubbub.journal.process import local_followers
from hubbub.journal.read import Extent, Position, extent, extents

__all__ = [
    "Begun",
    "Extent",
    "Position",
    "begun_list",
    "extent",
    "extents",
    "local_followers",
    "position_of",
    "reach",
]


class Begun(NamedTuple):
    """A stream, by its own name, in which something is stored, and its position."""

    name: str
    seq: int
    epoch: str


def position_of(stream: str) -> dict[str, object]:
    """The seq up to which this event loop's members were told, and in which numbering."""
    here = local_followers().find(stream)
    if here is None or here.told is None:
        return {}
    return {"seq": here.told, "epoch": here.epoch}


def begun_list(kind: str, *, limit: int, after: str = "") -> list[Begun]:
    """Streams of a kind by name, from the one after `after` on. Blocking."""
    rows = Stream.objects.filter(name__startswith=f"{kind}:", name__gt=f"{kind}:{after}")
    found = rows.order_by("name").values_list("name", "last_seq", "epoch")[:limit]
    return [Begun(name.partition(":")[2], seq, epoch) for name, seq, epoch in found]
