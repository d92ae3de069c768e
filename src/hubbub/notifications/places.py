"""Cursors: how far a client has come in both streams, its own and everyone's.

Written `k3f9:9,p0aa:41`, each half the numbering's epoch and the last seq in it. An anonymous
client has only the second half: `,p0aa:41`. Every cursor of a connection is a place in both
streams, so a client keeps the last one it saw, of whatever frame, and nothing else; all that comes
before it has been sent.
"""

from __future__ import annotations

from typing import NamedTuple

#: As long as any number that a stream reaches.
DIGITS = 18


class Place(NamedTuple):
    """A seq, and the epoch of the numbering that it belongs to."""

    epoch: str = ""
    seq: int = 0


class Places(NamedTuple):
    """A place in one's own stream and one in everyone's; None where it is not known."""

    own: Place | None
    everyone: Place | None


def write_place(place: Place | None) -> str:
    """One half of a cursor."""
    return "" if place is None else f"{place.epoch}:{place.seq}"


def write_cursor(places: Places) -> str:
    """A cursor."""
    return f"{write_place(places.own)},{write_place(places.everyone)}"


def read_place(text: str) -> Place | None:
    """One half of a cursor; None for what is none."""
    epoch, _, digits = text.rpartition(":")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS and ":" in text):
        return None
    return Place(epoch, int(digits))


def read_cursor(text: str) -> Places:
    """A cursor as a client sends it back; whatever cannot be read is a place not known."""
    own, _, everyone = text.partition(",")
    return Places(read_place(own), read_place(everyone))
