"""How a member of a group is told: version 1's frames, those of added types too, or each by name.

A dialect is a mark of a member: all members of a stream are in one group, whatever they speak.
"""

from __future__ import annotations

from typing import NamedTuple

from hubbub.fanout.frame import tag_frame
from hubbub.wire.codec import encode


class Dialect(NamedTuple):
    """Whether frames of added types are told, and what is put before the keys of each frame."""

    added: bool
    tag: bytes = b""

    def put(self, frame: bytes) -> bytes:
        """A frame in this dialect."""
        return tag_frame(frame, self.tag) if self.tag and frame else frame


#: Version 1's clients, who know no added type.
PLAIN = Dialect(added=False)
#: Those who know the added types.
EXTENDED = Dialect(added=True)


def tagged(stream: str) -> Dialect:
    """That of a connection to many streams: each frame says which one it is of."""
    return Dialect(added=True, tag=b'{"stream":%b,' % encode(stream))
