"""Whether another process of this machine serves the same database, and there is no bus between.

Each takes a seat, which is a lock on a file, and ends with the process. Who finds the first one
taken has a neighbour; who gets the second one says so, and all others know that it was said.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from django.db import connections

from hubbub.anew import forgotten_by
from hubbub.database import UnfitError, alias
from hubbub.observe.events import PROCESSES_APART
from hubbub.observe.report import report

if sys.platform != "win32":
    import fcntl

HINT = (
    "who is here, who types and a project's own events are known to each process alone:"
    " start one, until there is a bus"
)
#: The descriptors of the locks that this process has; -1 where it has none to take.
_held: list[int] = []


def take_seat() -> None:
    """Take the first seat that is free, once; at the second, say that there are several."""
    name = None if _held else database_name()
    if name is None:
        return
    digest = sha256(name.encode()).hexdigest()[:16]
    for number in (1, 2):
        path = Path(tempfile.gettempdir()) / f"hubbub-{digest}-{number}.lock"
        descriptor = lock(path)
        if descriptor is not None:
            _held.append(descriptor)
            if number > 1:
                report(PROCESSES_APART, hint=HINT)
            return
    _held.append(-1)


def take_seat_of_a_server() -> None:
    """The same, where a server imports its application: its event loop runs then already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    take_seat()


def database_name() -> str | None:
    """What two processes have in common that serve one database; None where no other can."""
    try:
        where = connections[alias()].settings_dict
    except UnfitError:
        return None
    name = str(where["NAME"])
    if sys.platform == "win32" or name.startswith((":memory:", "file:")):
        return None
    if not where["HOST"] and where["ENGINE"].endswith("sqlite3"):
        name = str(Path(name).resolve())
    return "\n".join([where["ENGINE"], name, where["HOST"], str(where["PORT"])])


def lock(path: Path) -> int | None:
    """A descriptor that keeps the lock until it is closed; None if another process has it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:  # another user's, or no room: nothing is known of neighbours
        return -1
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def leave() -> None:
    """Give the seat up. A forked child closes its copy, and the parent keeps the seat."""
    for descriptor in _held:
        if descriptor >= 0:
            os.close(descriptor)
    _held.clear()


forgotten_by(leave)
