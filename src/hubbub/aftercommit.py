"""What is done once a transaction is committed, and under a test once it would have been.

Django's `TestCase` wraps each test in a transaction that is rolled back. So nothing is committed
there; what a project's code does in a block of its own is as good as that when this block ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS, connections, transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.base.base import BaseDatabaseWrapper


class AfterCommit:
    """What waits for the end of a transaction."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call

    def __call__(self) -> None:
        """Do it."""
        self._call()


def after_commit(call: Callable[[], object], using: str = DEFAULT_DB_ALIAS) -> None:
    """Call when the open transaction is committed, and never if it is not; at once without one.

    What it raises is logged by Django, and spoils nothing that others do after the commit.
    """
    if is_tests_alone(connections[using]):
        call()
    else:
        transaction.on_commit(AfterCommit(call), using=using, robust=True)


def after_commits(call: Callable[[], object]) -> None:
    """Call when every open transaction of this thread is committed, and never if one is not."""
    for wrapper in connections.all(initialized_only=True):
        if wrapper.in_atomic_block and not is_tests_alone(wrapper):
            after_commit(lambda: after_commits(call), using=wrapper.alias)
            return
    call()


def is_tests_alone(wrapper: BaseDatabaseWrapper) -> bool:
    """Whether the open blocks are those that `TestCase` has put round a test, and no other."""
    blocks = wrapper.atomic_blocks
    return bool(blocks) and getattr(blocks[-1], "_from_testcase", False)


def call_due(wrapper: BaseDatabaseWrapper) -> None:
    """Under a test, do what waits for a block that has ended well; Django has dropped the rest."""
    if is_tests_alone(wrapper) and not wrapper.needs_rollback:
        waiting = wrapper.run_on_commit
        wrapper.run_on_commit = [one for one in waiting if not isinstance(one[1], AfterCommit)]
        for one in waiting:
            if isinstance(one[1], AfterCommit):
                one[1]()
