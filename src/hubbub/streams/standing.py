"""Where a stream stands: in its table, and as a client is told that hears it."""

from __future__ import annotations

from hubbub.journal.attach import reach
from hubbub.journal.process import local_followers
from hubbub.journal.read import Extent, Position, extent, extents

__all__ = ["Extent", "Position", "extent", "extents", "local_followers", "position_of", "reach"]


def position_of(stream: str) -> dict[str, object]:
    """The seq up to which this event loop's members were told, and in which numbering."""
    here = local_followers().find(stream)
    if here is None or here.told is None:
        return {}
    return {"seq": here.told, "epoch": here.epoch}
