"""One for each event loop: found on it and from other threads, and let go of with it."""

import asyncio
import os
from threading import Thread

import pytest

from hubbub.perloop import PerLoop
from tests.test_anew import in_a_child


@pytest.fixture
def made():
    return PerLoop(lambda loop: [loop])


@pytest.fixture
def other():
    """A loop that runs on another thread."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def here(made):
    return made.here()


async def test_it_is_made_once_a_loop(made, other):
    mine, theirs = made.here(), asyncio.run_coroutine_threadsafe(here(made), other)
    assert mine == [asyncio.get_running_loop()]
    assert made.here() is mine
    assert await asyncio.wrap_future(theirs) == [other]
    assert made.alive() == [mine, [other]]


def test_none_is_made_by_looking(made, other):
    assert (made.find(other), made.alive(), bool(made)) == (None, [], False)
    with pytest.raises(RuntimeError):
        made.here()


async def test_one_that_was_made_elsewhere_is_found(made):
    loop = asyncio.get_running_loop()
    one = made.add(loop, ["mine"])
    assert made.find(loop) is made.here() is one


def test_those_of_closed_loops_are_dead_and_forgotten_by_the_next(made):
    asyncio.run(here(made))
    assert (made.alive(), bool(made)) == ([], True)
    asyncio.run(here(made))
    assert len(made._all) == 1


async def test_forgetting_leaves_those_whose_loop_runs(made):
    mine = made.here()
    resting = asyncio.new_event_loop()
    made.add(resting, ["resting"])
    made.forget()
    assert made.alive() == [mine]
    resting.close()


async def test_the_only_one_is_known_without_a_list(made):
    assert made.only() is None
    mine, resting = made.here(), asyncio.new_event_loop()
    assert made.only() is mine
    made.add(resting, ["resting"])
    assert made.only() is None
    resting.close()


def test_the_only_one_of_a_closed_loop_is_none(made):
    asyncio.run(here(made))
    assert made.only() is None


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
async def test_a_child_has_none_of_its_parent_s(made):
    made.here()

    def look():
        made.forget()
        os._exit(len(made.alive()))

    assert in_a_child(look) == 0
