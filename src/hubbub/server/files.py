"""Whether the process has file descriptors left, of which each connection takes one."""

from __future__ import annotations

import os

from hubbub.observe.events import NO_FILES_LEFT
from hubbub.observe.report import report

#: With fewer left, what a burst of clients brings is soon hung up on by the kernel or the loop,
#: which tell nobody.
FEW = 8


def check_files(connections: int) -> None:
    """Log that hardly any is left. A file that is opened gets the lowest free number."""
    try:
        number = os.open(os.devnull, os.O_RDONLY)
        os.close(number)
    except OSError:
        number = limit()
    if number + FEW >= limit() > 0:
        report(NO_FILES_LEFT, limit=limit(), connections=connections)


def limit() -> int:
    """How many a process may have, 0 where there is no such limit."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return 0
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 0 if most == resource.RLIM_INFINITY else most
