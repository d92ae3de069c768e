import asyncio

import pytest
from channels.exceptions import ChannelFull

from hubbub.fanout.mailbox import Mailbox

LATER = 1e9
SOON = 5


@pytest.fixture
def mailbox():
    return Mailbox(capacity=3)


def put(mailbox, *numbers):
    for number in numbers:
        mailbox.put({"number": number}, LATER)


async def waiting(mailbox):
    """A receiver that waits."""
    task = asyncio.create_task(mailbox.get())
    await asyncio.sleep(0)
    return task


async def number(task):
    return (await asyncio.wait_for(task, SOON))["number"]


async def test_the_oldest_comes_first(mailbox):
    put(mailbox, 1, 2)
    assert [await number(mailbox.get()) for _ in range(2)] == [1, 2]


async def test_it_takes_no_more_than_its_capacity(mailbox):
    put(mailbox, 1, 2, 3)
    with pytest.raises(ChannelFull):
        put(mailbox, 4)
    await mailbox.get()
    put(mailbox, 4)


async def test_waiters_are_served_in_the_order_in_which_they_came(mailbox):
    tasks = [await waiting(mailbox) for _ in range(3)]
    put(mailbox, 1, 2, 3)
    assert [await number(task) for task in tasks] == [1, 2, 3]


async def test_a_waiter_that_gave_up_is_passed_over(mailbox):
    first, second = await waiting(mailbox), await waiting(mailbox)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    put(mailbox, 1)
    assert await number(second) == 1


async def test_a_waiter_that_gives_up_when_it_was_woken_passes_its_turn_on(mailbox):
    first, second = await waiting(mailbox), await waiting(mailbox)
    put(mailbox, 1)
    await asyncio.sleep(0)
    first.cancel()
    assert await number(second) == 1
    assert first.cancelled()


async def test_a_waiter_cancelled_in_the_turn_of_its_event_passes_it_on(mailbox):
    first, second = await waiting(mailbox), await waiting(mailbox)
    put(mailbox, 1)
    first.cancel()
    assert await number(second) == 1


async def test_a_waiter_whose_event_another_took_goes_on_waiting(mailbox):
    task = await waiting(mailbox)
    put(mailbox, 1)
    assert await number(mailbox.get()) == 1
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    put(mailbox, 2)
    assert await number(task) == 2


async def test_a_woken_waiter_that_gives_up_an_event_taken_by_another_wakes_nobody(mailbox):
    task = await waiting(mailbox)
    put(mailbox, 1)
    await mailbox.get()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    put(mailbox, 2)
    assert await number(mailbox.get()) == 2


async def test_a_waiter_of_a_loop_that_is_closed_is_passed_over(monkeypatch, mailbox):
    loop = asyncio.new_event_loop()
    mailbox._waiters.append((loop, loop.create_future()))
    loop.close()
    monkeypatch.setattr(loop, "is_closed", lambda: False)  # as it was a moment ago
    task = await waiting(mailbox)
    put(mailbox, 1)
    assert await number(task) == 1


def test_what_is_out_of_date_is_dropped_and_counted(mailbox):
    for expires in (10.0, 20.0, 30.0):
        mailbox.put({}, expires)
    assert mailbox.drop_expired(20.0) == 2
    assert mailbox.drop_expired(20.0) == 0


async def test_it_is_idle_when_it_is_empty_and_nobody_receives(mailbox):
    assert mailbox.idle()
    mailbox.receivers = 1
    assert not mailbox.idle()
    mailbox.receivers = 0
    put(mailbox, 1)
    assert not mailbox.idle()
    mailbox.clear()
    assert mailbox.idle()
