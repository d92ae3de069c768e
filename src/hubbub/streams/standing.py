"""Where a stream stands, as a client is told that hears it."""

from __future__ import annotations

from hubbub.journal.nodes import local_node


def place_of(stream: str) -> dict[str, object]:
    """The seq up to which this event loop's members were told, and in which numbering."""
    cursor = local_node().cursor(stream)
    if cursor is None or cursor.told is None:
        return {}
    return {"seq": cursor.told, "epoch": cursor.epoch}
