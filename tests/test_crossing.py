import asyncio
import threading
import time
from contextvars import ContextVar
from threading import Semaphore

import pytest
from django.db import connection

from hubbub import crossing
from hubbub.crossing import in_asking_lane, in_database, in_reading_lane, in_slow_lane
from hubbub.errors import OverloadedError
from tests.toys.sheets import Halt


async def test_a_call_runs_on_a_thread_of_the_pool_and_its_result_comes_back():
    def where(left: int, *, right: int) -> tuple[str, int]:
        return threading.current_thread().name, left + right

    name, total = await in_database(where, 2, right=3)
    assert name.startswith("hubbub-database")
    assert total == 5


async def test_what_the_call_raises_comes_back():
    def fail() -> None:
        raise LookupError("no such row")

    with pytest.raises(LookupError, match="no such row"):
        await in_database(fail)


ENDINGS = [
    StopIteration,
    SystemExit,
    KeyboardInterrupt,
    GeneratorExit,
    asyncio.CancelledError,
    Halt,
]


@pytest.mark.parametrize("ending", ENDINGS)
async def test_what_would_end_the_one_who_waits_is_a_fault_of_the_call(ending):
    def end() -> None:
        raise ending

    with pytest.raises(RuntimeError, match=f"a call raised {ending.__name__}") as caught:
        await in_database(end)
    assert isinstance(caught.value.__cause__, ending)


async def test_calls_run_beside_each_other_up_to_the_setting(settings):
    settings.HUBBUB_DATABASE_THREADS = 3
    running, most, lock = 0, 0, threading.Lock()

    def busy() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    await asyncio.gather(*(in_database(busy) for _ in range(9)))
    assert most == 3


async def test_more_calls_than_may_wait_are_refused_and_the_others_are_served(monkeypatch):
    monkeypatch.setattr(crossing, "_slots", Semaphore(2))
    gate = threading.Event()
    waiting = [asyncio.create_task(in_database(gate.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError):
        await in_database(gate.wait)
    gate.set()
    assert await asyncio.gather(*waiting) == [True, True]
    assert await in_database(gate.wait) is True


async def test_what_takes_long_keeps_nobody_else_waiting(monkeypatch):
    monkeypatch.setattr(crossing, "_slow_slots", Semaphore(3))
    gate, at_work = threading.Event(), threading.Semaphore(0)

    def hash_password():
        at_work.release()
        return gate.wait(5)

    slow = [asyncio.create_task(in_slow_lane(hash_password)) for _ in range(3)]
    for _ in range(crossing.SLOW_THREADS):
        assert await in_database(at_work.acquire, timeout=5)
    with pytest.raises(OverloadedError):
        await in_slow_lane(gate.wait)
    assert await in_database(lambda: "at once") == "at once"
    assert not at_work.acquire(blocking=False)
    gate.set()
    assert await asyncio.gather(*slow) == [True] * 3
    assert await in_slow_lane(gate.wait) is True


async def test_pages_are_read_by_two_at_a_time_and_keep_no_socket_waiting(monkeypatch):
    monkeypatch.setattr(crossing, "_reading_slots", Semaphore(3))
    gate, at_work = threading.Event(), threading.Semaphore(0)

    def read_page():
        at_work.release()
        return gate.wait(5)

    pages = [asyncio.create_task(in_reading_lane(read_page)) for _ in range(3)]
    for _ in range(crossing.READING_THREADS):
        assert await in_database(at_work.acquire, timeout=5)
    with pytest.raises(OverloadedError):
        await in_reading_lane(gate.wait)
    assert await in_database(lambda: "at once") == "at once"
    assert not at_work.acquire(blocking=False)
    gate.set()
    assert await asyncio.gather(*pages) == [True] * 3


async def test_who_may_is_asked_on_threads_of_its_own(monkeypatch):
    monkeypatch.setattr(crossing, "_asking_slots", Semaphore(9))
    gate, at_work = threading.Event(), threading.Semaphore(0)

    def decide():
        at_work.release()
        return gate.wait(5)

    asked = [asyncio.create_task(in_asking_lane(decide)) for _ in range(9)]
    for _ in range(crossing.ASKING_THREADS):
        assert await in_database(at_work.acquire, timeout=5)
    with pytest.raises(OverloadedError):
        await in_asking_lane(gate.wait)
    assert await in_database(lambda: "at once") == "at once"
    assert not at_work.acquire(blocking=False)
    gate.set()
    assert await asyncio.gather(*asked) == [True] * 9


async def test_who_stops_waiting_keeps_a_place_until_its_turn_and_then_nothing_is_run(
    monkeypatch, settings
):
    settings.HUBBUB_DATABASE_THREADS = 1
    monkeypatch.setattr(crossing, "_slots", Semaphore(2))
    gate, ran = threading.Event(), []
    first = asyncio.create_task(in_database(gate.wait))
    second = asyncio.create_task(in_database(ran.append, "second"))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    with pytest.raises(OverloadedError):
        await in_database(ran.append, "one too many: the line would have no end")
    gate.set()
    assert await first is True
    await asyncio.wrap_future(crossing.pool(1).submit(list))
    await in_database(ran.append, "third")
    assert ran == ["third"]


async def test_a_pool_that_takes_no_work_gives_the_place_back(monkeypatch):
    monkeypatch.setattr(crossing, "_slots", Semaphore(1))
    with monkeypatch.context() as broken:
        broken.setattr(crossing, "pool", None)
        with pytest.raises(TypeError):
            await in_database(list)
    assert await in_database(list) == []


async def test_context_variables_travel_along():
    request = ContextVar("request")
    request.set("r1")
    assert await in_database(request.get) == "r1"


async def test_no_connection_stays_open_behind_a_call(transactional_db, settings):
    settings.HUBBUB_DATABASE_THREADS = 1

    def query() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def is_open() -> bool:
        return connection.connection is not None

    await in_database(query)
    with_no_look_before = crossing.pool(1).submit(is_open)
    assert await asyncio.wrap_future(with_no_look_before) is False
