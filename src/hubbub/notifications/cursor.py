"""Cursors: how far a client has come in both streams, its own and everyone's.

Written `k3f9:9,p0aa:41`, each half the numbering's epoch and the last seq in it. An anonymous
client has only the second half: `,p0aa:41`. Every cursor of a connection is a position in both
streams, so a client keeps the last one it saw, of whatever frame, and nothing else; all that comes
before it has been sent.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from hubbub.streams.standing import Position

T = TypeVar("T")

#: As long as any number that a stream reaches.
DIGITS = 18


class Both(NamedTuple, Generic[T]):
    """Something of one's own stream, and that of everyone's."""

    own: T
    everyone: T


#: None where one is not known.
Positions = Both[Position | None]


def write_half(position: Position | None) -> str:
    """One half of a cursor."""
    return "" if position is None else f"{position.epoch}:{position.seq}"


def write_cursor(positions: Positions) -> str:
    """A cursor."""
    return f"{write_half(positions.own)},{write_half(positions.everyone)}"


def read_half(text: str) -> Position | None:
    """One half of a cursor; None for what is none."""
    epoch, _, digits = text.rpartition(":")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS and ":" in text):
        return None
    return Position(epoch, int(digits))


def read_cursor(text: str) -> Positions:
    """A cursor as a client sends it back; a half that cannot be read is a position not known."""
    own, _, everyone = text.partition(",")
    return Both(read_half(own), read_half(everyone))
