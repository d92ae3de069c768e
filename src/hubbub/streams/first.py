"""What `subscribed` has of the frames that come first on a stream's own socket.

A kind whose first frame is another one says by a struct what `subscribed` has of that.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.json import Decoder

from hubbub.fanout.frame import content_of, contents

#: How the frame begins that may come behind others.
RECOVERY = b'{"type":"recovery"'


class Recovery(msgspec.Struct, tag_field="type", tag="recovery", frozen=True):
    """Whether what was missed is told behind it, and where the stream stands then."""

    recovered: bool
    missed: int | None = None
    seq: int | None = None
    epoch: str | None = None
    cursor: str | None = None


class Page(msgspec.Struct, tag_field="type", tag="history", frozen=True):
    """Where the stream stands at the end of a page, which is told too."""

    seq: int
    epoch: str


#: What comes first of most kinds.
FIRST: Decoder[Any] = Decoder(Recovery | Page)
_recoveries = Decoder(Recovery)


def read_first(wire: bytes, kind: Decoder[Any]) -> tuple[dict[str, Any], bytes]:
    """What `subscribed` has of the frames that come first, and the frames that are told behind it.

    The first is of a kind; without any there is nothing.
    """
    if not wire:
        return {}, b""
    begin, end = content_of(wire, 0)
    first, rest = kind.decode(wire[begin:end]), wire[end:]
    if isinstance(first, Page):
        return keys_of(first), wire
    if isinstance(first, Recovery):
        return keys_of(first), rest
    more, rest = take_recovery(rest)
    return keys_of(first) | more, rest


def take_recovery(wire: bytes) -> tuple[dict[str, Any], bytes]:
    """The same of a `recovery` that may be among frames which are told."""
    start = 0
    for begin, end in contents(wire):
        if wire.startswith(RECOVERY, begin):
            found = _recoveries.decode(wire[begin:end])
            return keys_of(found), wire[:start] + wire[end:]
        start = end
    return {}, wire


def keys_of(first: msgspec.Struct) -> dict[str, Any]:
    """Those that it has."""
    keys = msgspec.structs.asdict(first)
    return {key: value for key, value in keys.items() if value is not None}
