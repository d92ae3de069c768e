"""The ways into the journal: from a socket, from async code, from sync code and its transaction."""

from __future__ import annotations

import asyncio
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from django.db import transaction

from hubbub.aftercommit import after_commit, after_commits
from hubbub.database import ours
from hubbub.errors import OverloadedError, Refusal
from hubbub.fanout.hub import hubs
from hubbub.journal.line import PUBLISHERS, Sender, sender_of
from hubbub.journal.passing import taken, tell
from hubbub.journal.process import ring, writer
from hubbub.journal.store import store
from hubbub.sqlite import check_file, is_lost
from hubbub.wire.keys import read_key

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from hubbub.fanout.hub import Hub
    from hubbub.journal.entry import Entry, Outcome, Stored
    from hubbub.journal.writer import Writer

P = ParamSpec("P")
C = TypeVar("C")


def append_soon(
    entry: Entry,
    answer: Callable[[Outcome], None],
    hub: Hub,
    sender: Sender,
    by: Writer = writer,
) -> None:
    """Store with the next commit; `answer(outcome)` comes on the loop of `hub`, the running one.

    The hub knows of what it will be told. Raises OverloadedError.
    """

    def arrive(outcome: Outcome) -> None:
        hub.arrived()
        answer(outcome)

    by.submit(entry, arrive, hub.loop, sender)
    hub.expect()


async def append(entry: Entry, sender: Sender | None = None) -> Stored:
    """Store with the next commit, and wait for it; if no sender is named it is the entry's user.

    Raises a Refusal.
    """
    if entry.told is not None:
        tell(entry)
        return taken(entry)
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Outcome] = loop.create_future()

    def answer(outcome: Outcome) -> None:
        if not done.done():
            done.set_result(outcome)

    if sender is None:
        sender = sender_of(("user", read_key(entry.sender)) if entry.sender else PUBLISHERS)
    hub = hubs.find(loop)
    if hub is None:
        # None is made: the layer warns of events that nobody can hear.
        writer.submit(entry, answer, loop, sender)
    else:
        append_soon(entry, answer, hub, sender)
    return checked(await done)


def append_now(entries: Sequence[Entry]) -> list[Stored]:
    """Store on this thread's connection: in the caller's transaction on it, if one is open.

    What was stored is told when that commits, and never if it does not; what is not to be stored
    likewise, whatever database the transaction is of.
    A transaction that stores in several streams does it in one call, or in the order of their
    names: else it and another may wait for each other, until PostgreSQL ends one of them after a
    second, which raises OperationalError there. The writer, which nobody can order, then stores
    anew.
    Raises a Refusal, after which nothing of the entries is stored, and DatabaseError.
    """
    stored = iter(store_now([one for one in entries if one.told is None]))
    passing = [one for one in entries if one.told is not None]
    if passing:
        after_commits(lambda: list(map(tell, passing)))
    return [next(stored) if one.told is None else taken(one) for one in entries]


def store_now(entries: Sequence[Entry]) -> list[Stored]:
    """What `append_now` does with those that are to be stored."""
    if not entries:
        return []
    connection = ours()
    if not connection.in_atomic_block:
        check_file(connection)
    with transaction.atomic(using=connection.alias):
        stored = [checked(outcome) for outcome in store(connection, entries)]
    if is_lost(connection):
        raise OverloadedError
    fresh = [one for one in stored if not one.again]
    if fresh:
        after_commit(lambda: ring(fresh), using=connection.alias)
    return stored


def stores_now(
    make: Callable[P, Entry],
) -> Callable[[Callable[[], None]], Callable[P, Stored]]:
    """Have a function take what `make` takes, and store that by `append_now`.

    The function itself is a name and a docstring.
    """

    def store_by(named: Callable[[], None]) -> Callable[P, Stored]:
        @wraps(named)
        def publish(*args: P.args, **kwargs: P.kwargs) -> Stored:
            return append_now([make(*args, **kwargs)])[0]

        return with_signature(publish, make)

    return store_by


def stores_soon(
    make: Callable[P, Entry],
) -> Callable[[Callable[[], None]], Callable[P, Coroutine[Any, Any, Stored]]]:
    """As `stores_now`, for async code: stored by `append`, with the next commit."""

    def store_by(named: Callable[[], None]) -> Callable[P, Coroutine[Any, Any, Stored]]:
        @wraps(named)
        async def publish(*args: P.args, **kwargs: P.kwargs) -> Stored:
            return await append(make(*args, **kwargs))

        return with_signature(publish, make)

    return store_by


def with_signature(call: C, make: Callable[..., Entry]) -> C:
    """Have `help()` show the arguments of another function."""
    shown = signature(make).replace(return_annotation="Stored")
    call.__signature__ = shown  # type: ignore[attr-defined]
    return call


def checked(outcome: Outcome) -> Stored:
    """The stored event. Raises what the outcome is instead."""
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome
