"""Coming back with a cursor: what was missed, in order, none twice and none missing."""

import asyncio

import pytest

from tests.databases import opened
from tests.notifications.inbox import Inbox


@pytest.fixture
def bob(site):
    return Inbox(site, "bob")


@pytest.fixture
def nobody(site):
    return Inbox(site)


async def resume(inbox, cursor, **query):
    """Come back: the status, the recovery frame, and the titles that follow it."""
    async with inbox.device(cursor=cursor, **query) as device:
        recovery = await device.hear_until(type="recovery")
        frames = [await device.hear() for _ in range(recovery.get("missed", 0))]
        return device, recovery, frames


async def test_what_was_missed_of_both_streams_comes_in_one_order(bob):
    await bob.send_own("the first")
    async with bob.device() as device:
        await bob.send("seen")
        await device.hear()
    await bob.send_own("own")
    await bob.send("all")
    await bob.send_own("own again")
    back, recovery, frames = await resume(bob, device.cursor)
    assert recovery == {
        "type": "recovery",
        "recovered": True,
        "missed": 3,
        "cursor": device.cursor,
    }
    assert back.status["cursor"] == device.cursor
    assert [frame["title"] for frame in frames] == ["own", "all", "own again"]
    assert [frame["read"] for frame in frames] == [False] * 3


async def test_whoever_is_cut_off_among_the_missed_ones_loses_none(bob):
    async with bob.device() as device:
        cursor = device.cursor
    for title in "abcd":
        await (bob.send if title in "ac" else bob.send_own)(title)
    _, _, frames = await resume(bob, cursor)
    for index, frame in enumerate(frames):
        _, recovery, rest = await resume(bob, frame["cursor"])
        assert recovery["recovered"]
        assert [one["id"] for one in rest] == [one["id"] for one in frames[index + 1 :]]


async def test_any_cursor_of_a_live_connection_is_one_to_come_back_with(bob):
    async with bob.device() as device:
        cursors = [device.cursor]
        for index in range(6):
            await (bob.send if index % 2 else bob.send_own)(str(index))
            cursors.append((await device.hear())["cursor"])
    for index, cursor in enumerate(cursors):
        _, recovery, frames = await resume(bob, cursor)
        assert recovery["missed"] == 6 - index
        assert [int(frame["title"]) for frame in frames] == list(range(index, 6))


async def test_nothing_missed(bob):
    async with bob.device() as device:
        pass
    back, recovery, _ = await resume(bob, device.cursor)
    assert recovery["missed"] == 0
    assert back.cursor == device.cursor


async def test_an_anonymous_client_comes_back_to_what_everyone_got(bob, nobody):
    async with nobody.device() as device:
        assert device.cursor.startswith(",")
    await bob.send_own("own")
    await bob.send("all")
    _, recovery, frames = await resume(nobody, device.cursor)
    assert (recovery["recovered"], [frame["title"] for frame in frames]) == (True, ["all"])
    assert "read" not in frames[0] or frames[0]["read"] is False


async def test_an_anonymous_clients_cursor_says_nothing_of_an_own_stream(bob, nobody):
    async with nobody.device() as device:
        pass
    _, recovery, _ = await resume(bob, device.cursor)
    assert recovery["recovered"] is False


@pytest.mark.parametrize("cursor", ["", "x", "k:1,k:1", ":1,:1", ",", "a:99999999,b:9"])
async def test_a_cursor_that_nobody_knows_is_not_recovered(bob, cursor):
    await bob.send_own("own")
    await bob.send("all")
    async with bob.device(cursor=cursor) as device:
        recovery = await device.hear()
        assert recovery == {
            "type": "recovery",
            "recovered": False,
            "cursor": device.status["cursor"],
        }
        await bob.send("live")
        assert await device.hear_titles(1) == ["live"]


async def test_a_place_beyond_the_last_is_not_recovered(bob):
    async with bob.device() as device:
        own, everyone = device.cursor.split(",")
    epoch, seq = everyone.split(":")
    _, recovery, _ = await resume(bob, f"{own},{epoch}:{int(seq) + 1}")
    assert recovery["recovered"] is False


async def test_more_than_300_missed_are_not_recovered(site, nobody):
    async with nobody.device() as device:
        pass
    nobody.send_many(300)
    _, recovery, frames = await resume(nobody, device.cursor)
    assert (recovery["missed"], len(frames)) == (300, 300)
    await nobody.send()
    _, recovery, _ = await resume(nobody, device.cursor)
    assert recovery["recovered"] is False


async def test_a_pruned_range_is_not_recovered(site, nobody):
    async with nobody.device() as device:
        early = device.cursor
        await nobody.send("pruned")
        later = (await device.hear())["cursor"]
    await nobody.send("kept")
    seq = int(later.split(":")[1])
    with opened(site.env) as database:
        database.execute(f"DELETE FROM hubbub_notification WHERE name = '' AND seq <= {seq}")
        database.execute(f"UPDATE hubbub_stream SET first_seq = {seq + 1} WHERE name = 'everyone'")
    assert (await resume(nobody, early))[1]["recovered"] is False
    _, recovery, frames = await resume(nobody, later)
    assert (recovery["recovered"], [frame["title"] for frame in frames]) == (True, ["kept"])


async def test_unread_ones_come_before_the_missed_ones_and_none_twice(bob):
    await bob.read_all()
    await bob.send_own("old")
    async with bob.device() as device:
        pass
    await bob.send("missed")
    async with bob.device(cursor=device.cursor, unread=1) as back:
        assert await back.hear_titles(1) == ["old"]
        assert (await back.hear())["missed"] == 1
        assert await back.hear_titles(1) == ["missed"]
        assert back.status["unread"] == 2
        await bob.send("live")
        assert await back.hear_titles(1) == ["live"]
        assert back.unread == 3


async def test_what_is_sent_while_many_come_back_reaches_each_once(bob):
    async with bob.device() as device:
        cursor = device.cursor
    titles = [str(index) for index in range(60)]

    async def sender():
        for index, title in enumerate(titles):
            await (bob.send if index % 2 else bob.send_own)(title)

    async def comer(delay):
        await asyncio.sleep(delay)
        async with bob.device(cursor=cursor) as back:
            assert (await back.hear())["recovered"]
            return await back.hear_titles(len(titles))

    comers = (comer(index / 100) for index in range(25))
    _, *heard = await asyncio.gather(sender(), *comers)
    for one in heard:
        # Each stream in its order; the two of them may be told in either.
        assert sorted(one, key=int) == titles
        assert [title for title in one if int(title) % 2] == titles[1::2]
        assert [title for title in one if not int(title) % 2] == titles[::2]


async def test_what_was_read_meanwhile_is_not_missed_and_lies_behind_the_cursors(bob):
    await bob.read_all()
    async with bob.device() as device:
        pass
    for title in "abc":
        await bob.send_own(title)
    page = (await bob.page(limit=3))["notifications"]
    for one in page[:2]:
        await bob.read(one["id"])
    await bob.send_own("d")
    await bob.read(page[2]["id"])
    back, recovery, frames = await resume(bob, device.cursor)
    assert (recovery["missed"], back.status["unread"]) == (4, 1)
    told = [(frame["title"], frame["read"]) for frame in frames]
    assert told == [("a", True), ("b", True), ("c", True), ("d", False)]
    async with bob.device() as snapshot:
        assert back.cursor == snapshot.cursor
    for index, frame in enumerate(frames):
        _, recovery, rest = await resume(bob, frame["cursor"])
        assert (recovery["recovered"], len(rest)) == (True, 3 - index)


async def test_much_that_was_read_meanwhile_does_not_hinder_it(bob):
    bob.send_many(310, "old")
    async with bob.device() as device:
        pass
    bob.read_each()
    await bob.send_own("new")
    _, recovery, frames = await resume(bob, device.cursor)
    assert (recovery["recovered"], [frame["title"] for frame in frames]) == (True, ["new"])
