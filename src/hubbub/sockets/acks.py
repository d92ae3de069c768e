"""The answer to a request that had an `id`: it is in the table."""

from __future__ import annotations

from hubbub.fanout.frame import make_frame
from hubbub.wire.codec import encode


def ack_frame(request_id: str, seq: int, timestamp: str) -> bytes:
    """The first time and every time that the same request comes again: the same frame."""
    return make_frame(encode({"type": "ack", "id": request_id, "seq": seq, "timestamp": timestamp}))
