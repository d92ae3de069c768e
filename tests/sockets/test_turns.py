"""Requests of one connection are done in the order in which they came, whichever has to wait."""

import asyncio

import pytest
from django.db import InterfaceError, OperationalError

from hubbub.errors import ForbiddenError, OverloadedError
from hubbub.sockets.turns import HELD, Turns


class Desk:
    """Does requests: one that is named in `slow` waits for its gate; notes what was done when."""

    def __init__(self, *slow: str) -> None:
        self.done: list[str] = []
        self.failed: list[tuple[type[Exception], str]] = []
        self.gates = {name: asyncio.Event() for name in slow}
        self.raises: dict[str, Exception] = {}
        self.overs = 0
        self.turns = Turns(self, self)

    def do(self, request: str, payload: str) -> None:
        if request in self.gates:
            self.turns.wait_for(self.work(request), payload)
        elif request in self.raises:
            raise self.raises[request]
        else:
            self.done.append(request)

    async def work(self, request: str) -> None:
        await self.gates[request].wait()
        if request in self.raises:
            raise self.raises[request]
        self.done.append(request)

    def over(self) -> None:
        self.overs += 1

    def fail(self, error: Exception, payload: str) -> None:
        self.failed.append((type(error), payload))

    def take(self, *requests: str) -> None:
        for request in requests:
            self.turns.take(request, f"<{request}>")

    async def open(self, name: str) -> None:
        self.gates[name].set()
        for _ in range(5):
            await asyncio.sleep(0)


async def test_what_need_not_wait_is_done_at_once():
    desk = Desk()
    desk.take("a", "b")
    assert desk.done == ["a", "b"]


async def test_what_comes_after_one_that_waits_is_done_after_it():
    desk = Desk("slow")
    desk.take("a", "slow", "b", "c")
    assert desk.done == ["a"]
    await desk.open("slow")
    assert desk.done == ["a", "slow", "b", "c"]
    desk.take("d")
    assert desk.done[-1] == "d"


async def test_several_that_wait_take_their_turns():
    desk = Desk("one", "two")
    desk.take("one", "a", "two", "b")
    await desk.open("two")
    assert desk.done == []
    await desk.open("one")
    assert desk.done == ["one", "a", "two", "b"]


async def test_what_comes_while_the_second_waits_stays_behind_what_was_held():
    desk = Desk("one", "two")
    desk.take("one", "two", "a", "b")
    await desk.open("one")
    desk.take("c")
    await desk.open("two")
    assert desk.done == ["one", "two", "a", "b", "c"]


async def test_one_that_fails_is_told_of_and_the_next_is_done():
    desk = Desk("slow")
    desk.raises = {"slow": ForbiddenError(), "bad": ForbiddenError()}
    desk.take("slow", "bad", "a")
    await desk.open("slow")
    assert desk.failed == [(ForbiddenError, "<slow>"), (ForbiddenError, "<bad>")]
    assert desk.done == ["a"]


async def test_one_that_need_not_wait_and_fails_raises_to_its_caller():
    desk = Desk()
    desk.raises = {"bad": ForbiddenError()}
    with pytest.raises(ForbiddenError):
        desk.take("bad")


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
async def test_a_database_that_is_away_is_overloaded(error):
    desk = Desk("slow")
    desk.raises = {"slow": error("away")}
    desk.take("slow")
    await desk.open("slow")
    assert desk.failed == [(OverloadedError, "<slow>")]


async def test_what_is_held_is_bounded():
    desk = Desk("slow")
    desk.take("slow", *(str(number) for number in range(HELD)))
    with pytest.raises(OverloadedError):
        desk.take("one too many")
    await desk.open("slow")
    assert len(desk.done) == HELD + 1


async def test_what_came_before_the_end_is_done_and_nobody_is_told_of_it():
    desk = Desk("slow", "slower")
    desk.raises = {"slow": ForbiddenError()}
    desk.take("slow", "a", "slower", "b")
    desk.turns.end()
    await desk.open("slow")
    assert desk.overs == 0
    await desk.open("slower")
    assert desk.done == ["a", "slower", "b"]
    assert desk.failed == []
    assert desk.overs == 1


async def test_where_nothing_waits_it_is_over_at_once_and_once():
    desk = Desk()
    desk.take("a")
    for _ in range(2):
        desk.turns.end()
        assert desk.overs == 1


async def test_after_the_end_nothing_is_begun():
    desk = Desk("slow")
    desk.take("slow")
    desk.turns.end()
    await desk.open("slow")
    desk.take("a")
    assert desk.done == ["slow"]


async def test_what_was_sent_before_the_end_is_done_though_what_comes_first_never_comes():
    desk, opening = Desk(), asyncio.Event()
    desk.turns.begin(opening.wait())
    desk.take("a", "b")
    await asyncio.sleep(0)
    assert desk.done == []
    desk.turns.end()
    for _ in range(5):
        await asyncio.sleep(0)
    assert desk.done == ["a", "b"]
    assert desk.failed == []


async def test_what_came_before_the_end_waits_for_a_request_of_its_own_all_the_same():
    desk = Desk("slow")
    desk.take("slow", "a")
    desk.turns.end()
    for _ in range(5):
        await asyncio.sleep(0)
    assert desk.done == []
    await desk.open("slow")
    assert desk.done == ["slow", "a"]
