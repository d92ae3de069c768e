"""Standard output and error of a server: it outlives their readers, and a disk that is full."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Tolerant(io.FileIO):
    """A file that drops what cannot be written, and takes what can be again."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or drop: nobody can be told of it."""
        size = memoryview(data).nbytes
        try:
            return super().write(data) or size  # None where a pipe that does not block is full
        except OSError:
            return size


def outlive_readers() -> None:
    """Make this process's standard streams tolerant, also those that were closed at its start."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # else the next file that is opened would be taken for it
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is sys.__stdout__:
        sys.stdout = tolerant(1)
    if sys.stderr is sys.__stderr__:
        sys.stderr = tolerant(2)


def tolerant(number: int) -> io.TextIOWrapper:
    """A text stream on a file descriptor, in lines."""
    buffer = io.BufferedWriter(Tolerant(number, "wb", closefd=False))
    return io.TextIOWrapper(buffer, "utf-8", "backslashreplace", line_buffering=True)
