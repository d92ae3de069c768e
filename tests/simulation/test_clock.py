"""The clock: no time passes but that which is waited for, and none of it in the wrong order."""

import asyncio
from random import Random

import pytest

from tests.simulation.clock import Clock


@pytest.fixture
def clock():
    clock = Clock(Random(1))
    yield clock
    clock.close()


def test_loops_run_in_the_order_of_what_is_due(clock):
    one, two, seen = clock.loop("one"), clock.loop("two"), []
    for loop, when in ((one, 3.0), (two, 2.0), (one, 1.0), (two, 4.0)):
        loop.call_at(when, lambda: seen.append(clock.now))
    clock.run(3.5)
    assert seen == [1.0, 2.0, 3.0]
    assert clock.now == 3.5


def test_coroutines_sleep_and_give_up_in_the_clocks_time(clock):
    loop, seen = clock.loop("one"), []

    async def wait():
        await asyncio.sleep(3600)
        try:
            async with asyncio.timeout(60):
                await asyncio.Event().wait()
        except TimeoutError:
            seen.append(clock.now)

    task = loop.create_task(wait())
    clock.run(10_000)
    assert task.done()
    assert seen == [3660.0]


def test_a_loop_that_is_held_does_later_what_was_due(clock):
    held, free, seen = clock.loop("held"), clock.loop("free"), []
    held.held_until = 5.0
    held.call_soon_threadsafe(seen.append, "held")
    free.call_at(4.0, held.call_soon_threadsafe, seen.append, "from another loop")
    clock.run(4.5)
    assert seen == []
    clock.run(5.0)
    assert seen == ["held", "from another loop"]


def test_what_nobody_awaits_is_noted(clock):
    loop = clock.loop("one")
    loop.call_soon(lambda: 1 / 0)
    clock.run(1.0)
    assert "ZeroDivisionError" in loop.raised[0]


def test_a_loop_that_is_forgotten_does_nothing_more(clock):
    loop, seen = clock.loop("one"), []

    async def wait():
        await asyncio.sleep(1)
        seen.append("woken")

    loop.create_task(wait())
    clock.run(0.5)
    clock.forget(loop)
    clock.run(2.0)
    assert seen == []
    assert loop.is_closed()
