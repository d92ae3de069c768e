"""The one crossing from the event loop to blocking database work.

asgiref's `sync_to_async` puts every call on one shared thread: a hundred calls of 10 ms take a
second there. Here they go to a pool as large as the setting `database_threads`.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import lru_cache, partial, wraps
from threading import Semaphore
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from weakref import WeakSet

from django.db import (
    InterfaceError,
    OperationalError,
    ProgrammingError,
    close_old_connections,
    connections,
)

from hubbub import conf, undertest
from hubbub.anew import ended_by, forgotten_by
from hubbub.database import ours
from hubbub.errors import OverloadedError
from hubbub.forked import work as at_work
from hubbub.observe.outage import reading
from hubbub.sqlite import check_file, is_lost, is_mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future

P = ParamSpec("P")
T = TypeVar("T")

# At a millisecond a call, eight threads work this off in half a second: a storm of reconnecting
# sessions passes, and a database that hangs does not gather waiting calls without end.
MOST_WAITING = 4096
_slots = Semaphore(MOST_WAITING)

# A password takes a third of a second of a core, so this is worked off in ten seconds. With eight
# threads for them all, 64 logins made a handshake wait 16 s.
SLOW_THREADS = 2
MOST_SLOW = 64
_slow_slots = Semaphore(MOST_SLOW)

# A page of the longest messages takes 8 ms and 4 MB while it is put together. Clients that read one
# after the other over HTTP keep two threads busy, and none of those that the sockets wait for.
READING_THREADS = 2
MOST_READING = 256
_reading_slots = Semaphore(MOST_READING)

# What a project says of who may is its own code, and may take its time: on threads of its own it
# keeps no message and no page waiting.
ASKING_THREADS = 8
MOST_ASKING = 1024
_asking_slots = Semaphore(MOST_ASKING)


async def in_database(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `call` on a thread that may use Django's database, and return what it returns.

    Raises what `call` raises, and OverloadedError, before anything was run, when MOST_WAITING
    calls are under way. Whoever is cancelled stops waiting; a call that has begun goes on.
    """
    work = partial(call, *args, **kwargs)
    return await cross(work, _slots, lambda: pool(conf.current().database_threads))


def off_loop(call: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The same function for async code: it runs `in_database`."""

    @wraps(call)
    async def called(*args: P.args, **kwargs: P.kwargs) -> T:
        return await in_database(call, *args, **kwargs)

    called.__name__ = called.__qualname__ = f"a{call.__name__}"
    return called


async def in_slow_lane(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """As `in_database`, for what takes long by itself: on a few threads apart from the sockets'.

    OverloadedError comes at MOST_SLOW calls.
    """
    return await cross(partial(call, *args, **kwargs), _slow_slots, slow_pool)


async def in_reading_lane(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """As `in_database`, for a page over HTTP: on a few threads apart from the sockets'.

    OverloadedError comes at MOST_READING calls.
    """
    return await cross(partial(call, *args, **kwargs), _reading_slots, reading_pool)


async def in_asking_lane(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """As `in_database`, for a project's own code that says who may: on threads apart from all else.

    OverloadedError comes at MOST_ASKING calls, and ProgrammingError for its mistakes.
    """
    work = partial(call, *args, **kwargs)
    return await cross(partial(with_its_mistakes, work), _asking_slots, asking_pool)


async def cross(
    work: Callable[[], T], slots: Semaphore, threads: Callable[[], ThreadPoolExecutor]
) -> T:
    """Take one of the slots, do the work on one of the threads, and give the slot back."""
    if not slots.acquire(blocking=False):
        raise OverloadedError("slow lane" if slots is _slow_slots else "crossing")
    loop = asyncio.get_running_loop()
    context, waiter = copy_context(), loop.create_future()

    def take_turn() -> T | None:
        with at_work.lock:
            return None if waiter.done() else context.run(with_fresh_connections, work)

    def finished(future: Future[T | None]) -> None:
        slots.release()
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(hand_over, future, waiter)

    try:
        future = threads().submit(take_turn)
    except BaseException:
        slots.release()
        raise
    # Not `wrap_future`, which cancels: who stops waiting would free a place for another, while the
    # own call still stands in line, and the line would have no end.
    future.add_done_callback(finished)
    result: T = await waiter
    return result


def hand_over(future: Future[Any], waiter: asyncio.Future[Any]) -> None:
    """Give what was done to the one who waits, if it still does."""
    if waiter.done():
        return
    error = future.exception()
    if error is None:
        waiter.set_result(future.result())
    elif isinstance(error, Exception) and not isinstance(error, StopIteration):
        waiter.set_exception(error)
    else:
        waiter.set_exception(ended(error))


def ended(error: BaseException) -> RuntimeError:
    """What is raised in place of what would end an event loop or a task of ours.

    Nor could a future hand on a StopIteration.
    """
    found = RuntimeError(f"a call raised {type(error).__name__}")
    found.__cause__ = error
    return found


def is_our_end(error: BaseException) -> bool:
    """Whether an async call of a project's was ended from without.

    It was cancelled with the task that waits for it, thrown away with it half done, or stopped at
    the keyboard. All else that it raises is a fault of its code, be it no Exception.
    """
    if not isinstance(error, asyncio.CancelledError | GeneratorExit):
        return isinstance(error, KeyboardInterrupt)
    task = task_here()
    return task is None or (task.cancelling() > 0 and isinstance(error, asyncio.CancelledError))


def task_here() -> asyncio.Task[Any] | None:
    """The task that runs on this thread, None without one."""
    with suppress(RuntimeError):  # there is not even a loop
        return asyncio.current_task()
    return None


@lru_cache(maxsize=1)
def pool(threads: int) -> ThreadPoolExecutor:
    """The process's pool; another number of threads makes another, and the old one ends idle."""
    return make_pool(threads, "hubbub-database")


@lru_cache(maxsize=1)
def slow_pool() -> ThreadPoolExecutor:
    """The process's pool for what takes long."""
    return make_pool(SLOW_THREADS, "hubbub-slow")


@lru_cache(maxsize=1)
def reading_pool() -> ThreadPoolExecutor:
    """The process's pool for pages over HTTP."""
    return make_pool(READING_THREADS, "hubbub-reading")


@lru_cache(maxsize=1)
def asking_pool() -> ThreadPoolExecutor:
    """The process's pool for who may."""
    return make_pool(ASKING_THREADS, "hubbub-asking")


_makers = (pool, slow_pool, reading_pool, asking_pool)
_pools: WeakSet[ThreadPoolExecutor] = WeakSet()


def make_pool(threads: int, name: str) -> ThreadPoolExecutor:
    """A pool whose threads use the database."""
    made = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=undertest.borrow)
    _pools.add(made)
    return made


def end_pools() -> None:
    """End the threads, after what they have still to do."""
    for made in tuple(_pools):
        made.shutdown()
    forget_pools()


def forget_pools() -> None:
    """Have others made at need; nothing is under way."""
    global _slots, _slow_slots, _reading_slots, _asking_slots
    _slots, _slow_slots = Semaphore(MOST_WAITING), Semaphore(MOST_SLOW)
    _reading_slots, _asking_slots = Semaphore(MOST_READING), Semaphore(MOST_ASKING)
    _pools.clear()
    for make in _makers:
        make.cache_clear()


ended_by(end_pools)
forgotten_by(forget_pools)


def with_its_mistakes(call: Callable[[], T]) -> T:
    """Call a project's own code: SQLite's complaint of a statement says nothing of the database.

    Of one of ours it does: the database has none of our tables, or not yet. Raises
    ProgrammingError, as PostgreSQL has it.
    """
    try:
        return call()
    except OperationalError as error:
        if is_mistake(error, ours()):
            raise ProgrammingError(str(error)) from error
        raise


def with_fresh_connections(call: Callable[[], T]) -> T:
    """Call between two looks at this thread's connections, as Django does around a request.

    Before it: one that broke or is older than CONN_MAX_AGE is closed, and the call opens another.
    After it: likewise, so that no connection stays with an idle thread longer than it may. Raises
    OverloadedError where the database's file is not the one that the call has worked with.
    """
    close_old_connections()
    try:
        check_file(ours())
        result = undertest.in_turn(call)
        if is_lost(ours()):
            raise OverloadedError("lost file")
    except (OperationalError, InterfaceError) as error:
        reading.begin(error)
        raise
    else:
        # A call that asked for nothing says nothing of the database.
        if reading.on and any(one.connection is not None for one in connections.all()):
            reading.end()
        return result
    finally:
        close_old_connections()
