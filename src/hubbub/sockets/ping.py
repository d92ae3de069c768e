"""A client's own ping, since a page sees none of WebSocket's: is the server still there?"""

from __future__ import annotations

from typing import Literal

import msgspec

from hubbub.errors import Refusal
from hubbub.fanout.frame import make_frame
from hubbub.sockets.failures import LOOKED_INTO
from hubbub.wire.codec import decode

#: Seconds in which one is answered.
PING_SECONDS = 5.0
PONG = make_frame(b'{"type":"pong"}')


class Ping(msgspec.Struct, frozen=True, gc=False):
    """A client wants to hear something."""

    type: Literal["ping"]


PING = Ping("ping")

_decoder = msgspec.json.Decoder(Ping)


def is_ping(payload: str | bytes) -> bool:
    """Whether a frame is one, of whatever endpoint."""
    if len(payload) > LOOKED_INTO:
        return False
    try:
        decode(_decoder, payload)
    except Refusal:
        return False
    return True
