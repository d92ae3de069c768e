"""Tasks that nobody waits for are held, and only as long as they and their loop go on."""

import asyncio
import gc

from hubbub.tasks import forget, start_task, under_way


async def test_one_is_held_until_it_is_done():
    """What waits for a future that only it knows is a ring, and a ring is collected."""
    done = []

    async def work():
        await asyncio.sleep(0)
        gc.collect()
        done.append(1)

    task = start_task(work())
    assert task in under_way()
    await task
    await asyncio.sleep(0)
    assert done == [1]
    assert task not in under_way()


async def test_one_that_fails_is_let_go_too():
    async def fail():
        raise ValueError

    task = start_task(fail())
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert task not in under_way()


async def test_those_of_this_loop_are_not_forgotten():
    """A project's test begins anew while a live server goes on."""
    gate = asyncio.Event()
    task = start_task(gate.wait())
    forget()
    assert task in under_way()
    gate.set()
    await task


def test_those_of_a_loop_that_runs_no_more_are():
    loop = asyncio.new_event_loop()
    task = start_task(asyncio.sleep(60), loop)
    assert task in under_way()
    forget()
    assert task not in under_way()
    task.cancel()
    loop.run_until_complete(asyncio.wait([task]))
    loop.close()
