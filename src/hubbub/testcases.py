"""Under a project's tests: each begins anew, and what it starts in this process ends with it.

Django's test cases tell nobody that they begin and end. So their methods are wrapped, as soon as
`django.test` is there: nothing is to be set. Some libraries load it in every process; so what a
server would pass through, too, is wrapped by the first test. pytest-django's fixtures are such
test cases as well.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from inspect import getattr_static
from threading import current_thread
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from asgiref.sync import AsyncToSync, SyncToAsync
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.creation import BaseDatabaseCreation
from django.db.backends.signals import connection_created
from django.db.transaction import Atomic

from hubbub.aftercommit import call_due
from hubbub.anew import end_threads, forget_all
from hubbub.undertest import borrow, give_turn, lend, lent, no_turn, take_back, take_turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from django.db.backends.base.base import BaseDatabaseWrapper

    Method = Callable[..., Any]

#: How the threads are called that end with a test.
NAMED = "hubbub-"
#: What they have opened.
_opened: WeakSet[BaseDatabaseWrapper] = WeakSet()
#: The blocks that hold the turn, the innermost last.
_blocks: list[Atomic] = []
#: Whether a test was begun in this process.
_tests = False


def look(**_: Any) -> None:
    """Wrap Django's test cases if they are there. Asked when a connection is opened: none is
    tested without one, and a test's database is made before the first test.
    """
    module = sys.modules.get("django.test.testcases")
    if module is not None and hasattr(module, "LiveServerTestCase"):
        connection_created.disconnect(look, dispatch_uid="hubbub.testcases")
        wrap_cases(module)


connection_created.connect(look, dispatch_uid="hubbub.testcases")


def note_opened(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Remember what is to be closed when its thread has ended."""
    if current_thread().name.startswith(NAMED):
        _opened.add(connection)


def wrap_cases(module: ModuleType) -> None:
    """Wrap what begins and ends a test."""
    plain, transactional = module.SimpleTestCase, module.TransactionTestCase
    wrap(plain, "_pre_setup", before=begin)
    wrap(transactional, "_fixture_setup", after=lend_memory)
    wrap(module.TestCase, "_enter_atomics", after=lend_blocked)
    wrap(module.TestCase, "_rollback_atomics", before=end, after=take_all_back)
    wrap(transactional, "_fixture_teardown", before=end, after=take_all_back)
    wrap(plain, "_post_teardown", before=begin)
    wrap(BaseDatabaseCreation, "destroy_test_db", before=end)


def notice_tests() -> None:
    """Wrap what happens within a test, once."""
    global _tests  # noqa: PLW0603 - nothing takes it back
    if not _tests:
        _tests = True
        connection_created.connect(note_opened, dispatch_uid="hubbub.testcases")
        wrap_blocks()
        wrap_waiting()


def wrap(
    owner: type[Any], name: str, *, before: Method | None = None, after: Method | None = None
) -> None:
    """Have something done before or after a method, with its class or instance."""
    found = getattr_static(owner, name)
    method = found.__func__ if isinstance(found, classmethod) else found

    @wraps(method)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        if before is not None:
            before(self)
        try:
            return method(self, *args, **kwargs)
        finally:
            if after is not None:
                after(self)

    setattr(owner, name, classmethod(wrapped) if isinstance(found, classmethod) else wrapped)


def begin(_: object) -> None:
    """Know nothing of what was before."""
    notice_tests()
    end_threads()
    forget_all()


def end(_: object) -> None:
    """End our threads, and Django's own for sync code in async tests; close what they opened."""
    end_threads()
    renew_shared_thread()
    while _opened:
        wrapper = _opened.pop()
        wrapper.inc_thread_sharing()
        wrapper.close()


def renew_shared_thread() -> None:
    """Have `sync_to_async` use another thread, and that the test's connections.

    Where the event loop runs on the test's own thread, as under pytest-asyncio, the async ORM would
    see nothing of the test's transaction, and what it stores would stay.
    """
    old = SyncToAsync.single_thread_executor
    SyncToAsync.single_thread_executor = ThreadPoolExecutor(
        max_workers=1, thread_name_prefix=f"{NAMED}test", initializer=borrow
    )
    old.shutdown()


def lend_blocked(case: Any) -> None:
    """Lend the connections that `TestCase` has begun transactions on."""
    notice_tests()
    end(case)
    lend(alias for alias in case._databases_names() if connections[alias].in_atomic_block)


def lend_memory(case: Any) -> None:
    """Lend those to an SQLite in memory, as Django does for its live server."""
    end(case)
    lend(alias for alias in case._databases_names() if is_in_memory(connections[alias]))


def is_in_memory(wrapper: BaseDatabaseWrapper) -> bool:
    """Whether a database is an SQLite in memory."""
    return wrapper.vendor == "sqlite" and wrapper.is_in_memory_db()  # type: ignore[attr-defined]


def take_all_back(_: object) -> None:
    """Take back what is in no transaction of a test any more."""
    for alias, wrapper in tuple(lent.items()):
        if not wrapper.in_atomic_block:
            take_back(alias)


def wrap_blocks() -> None:
    """Have one thread at a time in a transaction on what is lent, and tell what is due after it."""
    enter, leave = Atomic.__enter__, Atomic.__exit__

    @wraps(enter)
    def enter_in_turn(block: Atomic) -> None:
        in_turn = is_on_lent(block)
        if in_turn:
            take_turn()
            _blocks.append(block)
        try:
            enter(block)
        except BaseException:
            if in_turn:
                _blocks.pop()
                give_turn()
            raise

    @wraps(leave)
    def leave_and_tell(block: Atomic, *exc_info: Any) -> None:
        try:
            leave(block, *exc_info)
        finally:
            if _blocks and _blocks[-1] is block:
                _blocks.pop()
                call_due(connections[block.using or DEFAULT_DB_ALIAS])
                give_turn()

    Atomic.__enter__, Atomic.__exit__ = enter_in_turn, leave_and_tell  # type: ignore[method-assign]


def is_on_lent(block: Atomic) -> bool:
    """Whether a block that begins is within a test's, on a connection that is lent."""
    alias = block.using or DEFAULT_DB_ALIAS
    wrapper = lent.get(alias)
    return (
        wrapper is not None
        and connections[alias] is wrapper
        and not getattr(block, "_from_testcase", False)
    )


def wrap_waiting() -> None:
    """Have a thread that waits for async code let it use what is lent meanwhile."""
    wait: Method = AsyncToSync.__call__

    @wraps(wait)
    def wait_without_turn(*args: Any, **kwargs: Any) -> Any:
        with no_turn():
            return wait(*args, **kwargs)

    AsyncToSync.__call__ = wait_without_turn  # type: ignore[method-assign]
