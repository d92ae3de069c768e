"""Who asks for the same at once shares a read, and never one that had begun before."""

import asyncio

import pytest

from hubbub.journal import reads as module
from hubbub.journal.reads import Reads
from tests.journal.members import until


class Table:
    """Is read when its gate opens; each read finds the number of those begun so far."""

    def __init__(self):
        self.begun = 0
        self.gates = []
        self.error = None

    async def read(self):
        self.begun += 1
        number, gate = self.begun, asyncio.Event()
        self.gates.append(gate)
        await gate.wait()
        if self.error is not None:
            raise self.error
        return number


@pytest.fixture
def table():
    return Table()


@pytest.fixture
async def ask(table):
    reads = Reads()

    def begin(key="room"):
        return asyncio.create_task(reads.share(key, table.read))

    begin.reads = reads
    return begin


async def turns(number=5):
    for _ in range(number):
        await asyncio.sleep(0)


async def test_those_who_ask_at_once_share_one_read(ask, table):
    asking = [ask() for _ in range(1000)]
    await turns()
    table.gates[0].set()
    assert await asyncio.gather(*asking) == [1] * 1000


async def test_who_comes_while_one_is_under_way_shares_the_next(ask, table):
    early = ask()
    await turns()
    late = [ask() for _ in range(3)]
    await turns()
    assert table.begun == 1
    table.gates[0].set()
    assert await early == 1
    await turns()
    latest = ask()
    await turns()
    table.gates[1].set()
    assert await asyncio.gather(*late) == [2] * 3
    await turns()
    table.gates[2].set()
    assert await latest == 3


@pytest.fixture
async def hanging(monkeypatch, ask, table):
    """A read that hangs, and the next one, which was begun beside it."""
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    older = ask()
    await turns()
    newer = ask()
    await until(lambda: table.begun == 2)
    monkeypatch.setattr(module, "PATIENCE", 60.0)
    return older, newer


async def test_who_comes_after_a_read_that_hung_waits_for_the_one_beside_it(ask, table, hanging):
    older, newer = hanging
    table.gates[0].set()
    assert await older == 1
    latest = ask()
    await turns()
    assert table.begun == 2
    table.gates[1].set()
    assert await newer == 2
    await until(lambda: table.begun == 3)
    table.gates[2].set()
    assert await latest == 3


async def test_a_read_that_hangs_keeps_nobody_and_is_answered_when_it_ends(ask, table, hanging):
    older, newer = hanging
    table.gates[1].set()
    assert await newer == 2
    table.gates[0].set()
    assert await older == 1
    assert ask.reads._begun == ask.reads._next == {}


async def test_what_is_different_is_read_side_by_side(ask, table):
    asking = [ask("one"), ask("another")]
    await turns()
    assert table.begun == 2
    for gate in table.gates:
        gate.set()
    assert sorted(await asyncio.gather(*asking)) == [1, 2]


async def test_one_who_goes_leaves_the_read_to_the_others(ask, table):
    first, second = ask(), ask()
    await turns()
    first.cancel()
    await turns()
    table.gates[0].set()
    assert await second == 1
    assert first.cancelled()


async def test_all_hear_of_an_error_and_the_next_is_read_anew(ask, table):
    table.error = LookupError("no such row")
    asking = [ask(), ask()]
    await turns()
    table.gates[0].set()
    told = await asyncio.gather(*asking, return_exceptions=True)
    assert told == [table.error] * 2
    table.error = None
    again = ask()
    await turns()
    table.gates[1].set()
    assert await again == 2


async def test_an_error_that_nobody_waits_for_is_no_news_and_nothing_is_kept(ask, table):
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    table.error = LookupError("no such row")
    gone = ask()
    await turns()
    gone.cancel()
    await turns()
    table.gates[0].set()
    await turns()
    assert ask.reads._begun == ask.reads._next == {}
    assert told == []
