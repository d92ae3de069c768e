"""What is stored on another connection, and announced as another process would."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from django.db import connection, connections, transaction

from hubbub.bus.notices import Notices
from hubbub.journal.store import store
from tests.bus.ears import DEADLINE
from tests.journal.entries import put, write
from tests.names import new_name

if TYPE_CHECKING:
    from collections.abc import Callable


def elsewhere(call: Callable[[], None]) -> None:
    """Do something on another connection."""

    def work() -> None:
        try:
            call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(work).result(DEADLINE)


def post() -> None:
    """Store something, as this process does."""
    put([write(new_name(), "hello")])


def post_as_another_process() -> None:
    """Store something, and announce it under another name."""
    with transaction.atomic():
        post()
        Notices().announce(connection)


def roll_back() -> None:
    """Store something, and announce it, in a transaction that is taken back."""
    with transaction.atomic():
        store(connection, [write(new_name(), "hello")])
        Notices().announce(connection)
        transaction.set_rollback(True)
