"""How far a stream has been told here: what comes next, what comes again, what is missing.

No I/O, no clock: events are offered as they come, and those whose turn it is are returned.
"""

from __future__ import annotations

#: Events kept while an earlier one is missing; the table has the rest.
HELD = 1000

Turn = list[tuple[int, bytes]]


class Cursor:
    """The last seq told of one stream. Until `settle`, nobody knows it, and all is held."""

    __slots__ = ("_held", "epoch", "last", "members", "newest", "told")

    def __init__(self, members: int = 0) -> None:
        self.told: int | None = None
        #: The frame of `told`, if it was told here.
        self.last = b""
        #: Of the numbering; until `settle`, of what is held.
        self.epoch = ""
        self.members = members
        #: The highest seq that is known to exist.
        self.newest = 0
        self._held: dict[int, bytes] = {}

    @property
    def behind(self) -> bool:
        """Whether something that exists has not been told."""
        return self.told is not None and self.newest > self.told

    def expects(self, epoch: str, seq: int) -> bool:
        """Whether an event is of this numbering and was not told yet, as far as anyone knows."""
        return self.epoch in ("", epoch) and (self.told is None or seq > self.told)

    def contradicts(self, epoch: str, seq: int, frame: bytes) -> bool:
        """Whether something else was told under an event's number."""
        return (epoch, seq) == (self.epoch, self.told) and self.last not in (b"", frame)

    def offer(self, seq: int, frame: bytes) -> Turn:
        """Take an event; returns those to tell now, in order. A repeated one is dropped."""
        self.newest = max(self.newest, seq)
        if self.told is not None and seq == self.told + 1:
            # However many are held, this one is never dropped: the others wait for it.
            self.told, self.last = seq, frame
            return [(seq, frame), *self._advance()] if self._held else [(seq, frame)]
        if (self.told is None or seq > self.told) and len(self._held) < HELD:
            self._held[seq] = frame
        return self._advance()

    def settle(self, last_seq: int, epoch: str) -> Turn:
        """Begin after `last_seq`, as the table has it; what was held and comes later is told.

        What is held of another numbering is forgotten.
        """
        if self.epoch not in {"", epoch}:
            self._held.clear()
            self.newest = 0
        self.epoch = epoch
        self.newest = max(self.newest, last_seq)
        return self.skip(last_seq)

    def skip(self, seq: int) -> Turn:
        """Tell nothing more up to `seq`."""
        if self.told is None or seq > self.told:
            self.told, self.last = seq, b""
        self._held = {held: frame for held, frame in self._held.items() if held > self.told}
        return self._advance()

    def _advance(self) -> Turn:
        turn: Turn = []
        while self.told is not None and self._held:
            frame = self._held.pop(self.told + 1, None)
            if frame is None:
                break
            self.told, self.last = self.told + 1, frame
            turn.append((self.told, frame))
        return turn
