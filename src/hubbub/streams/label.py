"""What each frame of a stream carries over a socket of many: which stream it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from hubbub.anew import forgotten_by
from hubbub.fanout.frame import tag_frames
from hubbub.wire.codec import encode

if TYPE_CHECKING:
    from collections.abc import Hashable


class Label:
    """That of one stream, for all who hear it so: what many are told is labelled once.

    `told` has what was labelled last, as it came and as it goes. The two are one value, for two
    event loops may label at once.
    """

    __slots__ = ("__weakref__", "name", "stream", "tag", "told")

    def __init__(self, stream: str) -> None:
        self.stream = stream
        #: The stream's own name, without the word of its kind.
        self.name = stream.partition(":")[2]
        self.tag = b'{"stream":%b,' % encode(stream)
        self.told = (b"", b"")

    def put(self, frames: bytes) -> bytes:
        """Whole frames with the label on each."""
        return tag_frames(frames, self.tag)

    def put_for_all(self, frames: bytes) -> bytes:
        """The same, remembered until another one comes."""
        labelled = self.put(frames)
        self.told = (frames, labelled)
        return labelled


_labels: WeakValueDictionary[Hashable, Label] = WeakValueDictionary()
forgotten_by(_labels.clear)


def label_of(stream: str) -> Label:
    """The label of a stream; forgotten with the last of those who hear it."""
    label = _labels.get(stream)
    return _labels.setdefault(stream, Label(stream)) if label is None else label
