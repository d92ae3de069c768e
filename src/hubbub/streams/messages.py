"""The frames that every kind has: a page of history, and what a client hears that comes back."""

from __future__ import annotations

import msgspec

from hubbub.fanout.frame import frame_of

#: The types of frames that are every kind's own, and no event's.
FRAMES = frozenset(
    (
        *("ack", "error", "history", "ping", "pong", "recovery", "unknown"),
        *("subscribe", "subscribed", "unsubscribe", "unsubscribed"),
    )
)


class History(msgspec.Struct, tag_field="type", tag="history", frozen=True):
    """A page of whole frames, oldest first, and where the stream stands."""

    events: list[msgspec.Raw]
    seq: int
    epoch: str
    more: bool


def recovery_frame(missed: int | None, **position: object) -> bytes:
    """Whether what was missed can be told: `missed` events follow, or None: it cannot."""
    told = {} if missed is None else {"missed": missed}
    return frame_of({"type": "recovery", "recovered": missed is not None, **position, **told})
