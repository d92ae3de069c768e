"""The one crossing from the event loop to blocking database work.

asgiref's `sync_to_async` puts every call on one shared thread: a hundred calls of 10 ms take a
second there. Here they go to a pool as large as the setting `database_threads`.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import lru_cache, partial
from threading import Semaphore
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from django.db import close_old_connections

from hubbub import conf
from hubbub.errors import OverloadedError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

# At a millisecond a call, eight threads work this off in half a second: a storm of reconnecting
# sessions passes, and a database that hangs does not gather waiting calls without end.
MOST_WAITING = 4096
_slots = Semaphore(MOST_WAITING)


async def in_database(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `call` on a thread that may use Django's database, and return what it returns.

    Raises what `call` raises, and OverloadedError, before anything was run, when MOST_WAITING
    calls are under way. Whoever is cancelled stops waiting; a call that has begun goes on.
    """
    if not _slots.acquire(blocking=False):
        raise OverloadedError
    try:
        work = partial(with_fresh_connections, partial(call, *args, **kwargs))
        future = pool(conf.current().database_threads).submit(copy_context().run, work)
    except BaseException:
        _slots.release()
        raise
    future.add_done_callback(lambda _: _slots.release())
    return await asyncio.wrap_future(future)


@lru_cache(maxsize=1)
def pool(threads: int) -> ThreadPoolExecutor:
    """The process's pool; another number of threads makes another, and the old one ends idle."""
    return ThreadPoolExecutor(threads, thread_name_prefix="hubbub-database")


def with_fresh_connections(call: Callable[[], T]) -> T:
    """Call between two looks at this thread's connections, as Django does around a request.

    Before it: one that broke or is older than CONN_MAX_AGE is closed, and the call opens another.
    After it: likewise, so that no connection stays with an idle thread longer than it may.
    """
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()
