"""A forked child leaves its parent the connections to PostgreSQL, and opens its own.

Both would speak on one socket. SQLite's are left alone: they are the project's own thread's. But
what SQLite itself has locked for a moment nobody would free in the child, which could open no file:
so a fork waits until no thread of ours is at work.
"""

from __future__ import annotations

import os
import sys
from threading import RLock, local
from time import monotonic
from typing import Any
from weakref import WeakSet

from hubbub.observe.events import FORKED_AT_WORK
from hubbub.observe.report import report

#: Seconds that a fork waits for threads that are at work.
PATIENCE = 1.0

#: The pools of parents: they are never used here, nor closed, which would end the parent's.
_left: list[Any] = []


def leave_pools() -> None:
    """Have Django make a pool anew where it has one: the parent's has no thread here either."""
    module = sys.modules.get("django.db.backends.postgresql.base")
    if module is not None:
        pools = module.DatabaseWrapper._connection_pools
        _left.append(dict(pools))
        pools.clear()


_locks: WeakSet[Any] = WeakSet()
_forking = RLock()


class Work(local):
    """A thread's lock, which it holds while it uses the database; and those that its fork holds.

    `left` are how many threads the fork did not wait for.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.stopped: list[Any] = []
        self.left = 0
        with _forking:
            _locks.add(self.lock)


work = Work()


def stop_work() -> None:
    """Wait until no thread of ours uses the database, and let none begin; some may take longer."""
    stopped, end = work.stopped, monotonic() + PATIENCE
    work.left = 0
    _forking.acquire()
    stopped.append(_forking)
    for lock in tuple(_locks):
        if lock.acquire(timeout=max(0.0, end - monotonic())):
            stopped.append(lock)
        else:
            work.left += 1


def go_on() -> None:
    """Let those go on that this thread has stopped."""
    while work.stopped:
        work.stopped.pop().release()


def tell() -> None:
    """Say in the parent that it forked while threads were at work."""
    if work.left:
        report(FORKED_AT_WORK, threads=work.left)


def forget_others() -> None:
    """Know of this thread's lock alone: it is the child's only one, and may be at work itself."""
    _locks.clear()
    _locks.add(work.lock)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=leave_pools)
    os.register_at_fork(before=stop_work, after_in_parent=go_on, after_in_child=go_on)
    os.register_at_fork(after_in_parent=tell, after_in_child=forget_others)
