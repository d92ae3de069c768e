"""The connections that a project's test lends to our threads, so that they work in its transaction.

`testcases.py` sees to it: under Django's `TestCase`, whose transaction is rolled back at the end,
and with an SQLite in memory, where each further connection would lock the others out. Without a
test nothing is lent, and nobody waits here.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from django.db import OperationalError, connections

from hubbub.aftercommit import after_commit, is_tests_alone
from hubbub.database import ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

T = TypeVar("T")

#: Seconds that a thread waits for the end of a transaction on what is lent. It is as if another
#: process held the database's lock.
PATIENCE = 5.0

#: The connections of the test that runs, by alias.
lent: dict[str, BaseDatabaseWrapper] = {}
#: Whose turn it is to be in a transaction within the test's.
_turn = RLock()


def borrow() -> None:
    """Have this thread use the test's connections, where there are any; it ends with the test."""
    for alias, wrapper in lent.items():
        connections[alias] = wrapper


def take_turn() -> None:
    """Have nobody else in a transaction on what is lent. Raises OperationalError."""
    if not _turn.acquire(timeout=PATIENCE):
        raise OperationalError("locked: a transaction of the test did not end")


def give_turn() -> None:
    """End that."""
    _turn.release()


def in_turn(call: Callable[[], T]) -> T:
    """Call while nobody else is in a transaction on what is lent. Raises OperationalError."""
    if not lent:
        return call()
    take_turn()
    try:
        return call()
    finally:
        give_turn()


@contextmanager
def no_turn() -> Iterator[None]:
    """Let the others use what is lent while this thread waits for them, in whatever transaction."""
    depth = 0
    while _turn._is_owned():  # type: ignore[attr-defined]
        _turn.release()
        depth += 1
    try:
        yield
    finally:
        for _ in range(depth):
            _turn.acquire()


def tell(call: Callable[[], None]) -> None:
    """Tell what another thread has stored: in a test's own transaction, once this is over."""
    if lent:
        in_turn(lambda: after_commit(call, using=ours().alias))
    else:
        call()


def is_within_block() -> bool:
    """Whether a test waits within a block of its own, so that what is stored there is not to be
    told yet, though it can be read. For a thread whose turn it is: then the block is no other's.
    """
    return any(one.in_atomic_block and not is_tests_alone(one) for one in lent.values())


def lend(aliases: Iterator[str]) -> None:
    """Lend the connections that this thread has.

    A thread that is done with its work has Django close what is old, as Channels' consumers do too:
    this is in a transaction, and Django would take it for one that somebody has left so.
    """
    for alias in aliases:
        wrapper = connections[alias]
        if alias not in lent:
            wrapper.inc_thread_sharing()
            wrapper.close_if_unusable_or_obsolete = nothing  # type: ignore[method-assign]
            lent[alias] = wrapper


def take_back(alias: str) -> None:
    """End that, when the threads have ended."""
    wrapper = lent.pop(alias)
    del wrapper.close_if_unusable_or_obsolete
    wrapper.dec_thread_sharing()


def nothing() -> None:
    """Close nothing."""


def forget_lent() -> None:
    """A child process has connections of its own."""
    global _turn  # noqa: PLW0603 - who held it is not there
    lent.clear()
    _turn = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_lent)
