"""The frames that every kind has: a page of history, and what a client hears that comes back."""

from __future__ import annotations

import msgspec

from hubbub.fanout.frame import make_frame
from hubbub.wire.codec import encode

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


def history_frame(history: object) -> bytes:
    """A page, for who asked."""
    return make_frame(encode(history))


def recovery_frame(seq: int, epoch: str, missed: int | None) -> bytes:
    """Whether what was missed can be told: `missed` events follow, or None: it cannot."""
    body: dict[str, object] = {"type": "recovery", "recovered": missed is not None}
    body |= {"seq": seq, "epoch": epoch}
    if missed is not None:
        body["missed"] = missed
    return make_frame(encode(body))
