"""A message as bytes, made once and written to every member (RFC 6455 section 5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_FINAL = 0x81
SHORT = 126
LONG = 127


def make_frame(payload: bytes, first: int = TEXT_FINAL) -> bytes:
    """Put the header of one final, unmasked frame before `payload`; a text frame by default."""
    size = len(payload)
    if size < SHORT:
        return bytes((first, size)) + payload
    if size < 1 << 16:
        return bytes((first, SHORT, size >> 8, size & 255)) + payload
    return bytes((first, LONG)) + size.to_bytes(8, "big") + payload


def read_texts(wire: bytes) -> Iterator[str]:
    """Yield the texts of whole frames that `make_frame` made and somebody joined.

    Outlets that lead through ASGI pay this, so that the fast ones need no second kind of value.
    """
    start = 0
    while start < len(wire):
        size = wire[start + 1]
        start += 2
        if size == SHORT:
            size = int.from_bytes(wire[start : start + 2], "big")
            start += 2
        elif size == LONG:
            size = int.from_bytes(wire[start : start + 8], "big")
            start += 8
        yield wire[start : start + size].decode()
        start += size
