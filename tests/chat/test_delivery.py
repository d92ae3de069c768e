"""Who is let in hears all that is stored from then on, whoever stores it and whatever is lost."""

import asyncio
import sqlite3
from contextlib import closing, contextmanager
from itertools import count

import pytest

from hubbub.journal.epochs import first_epoch
from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.databases import URL, opened
from tests.http.calls import call

numbers = count(1)
ADVANCE = """
    INSERT INTO hubbub_stream (name, epoch, last_seq, first_seq)
    VALUES ('{stream}', '{epoch}', 1, 1)
    ON CONFLICT (name) DO UPDATE SET last_seq = hubbub_stream.last_seq + 1 RETURNING last_seq
"""
INSERT = """
    INSERT INTO hubbub_chat_message
    (name, seq, message, username, sender, timestamp, created, deleted)
    VALUES ('{room}', {seq}, '{text}', 'ada', '', 'now', '2026-01-01 00:00:00', FALSE)
"""


@pytest.fixture(scope="module")
def restored(tmp_path_factory):
    """A server whose database is put back to what it was."""
    with serve(tmp_path_factory.mktemp("restored"), HUBBUB_RATE_LIMIT="off") as server:
        yield server


@pytest.fixture
def room():
    return f"delivery-{next(numbers)}"


def store(server, room, text):
    """Store a message as a process does that rings no bell."""
    with opened(server.env) as database:
        ((beginning,),) = database.execute("SELECT epoch FROM hubbub_beginning").fetchall()
        stream = f"chat:{room}"
        database.execute("BEGIN")
        advance = ADVANCE.format(stream=stream, epoch=first_epoch(beginning, stream))
        ((seq,),) = database.execute(advance).fetchall()
        database.execute(INSERT.format(room=room, seq=seq, text=text))
        database.execute("COMMIT")


@contextmanager
def put_back(server, room):
    """What is stored within the block is lost at its end."""
    with opened(server.env) as database:
        if server.env.get(URL):
            stream = f"WHERE name = 'chat:{room}'"
            found = database.execute(f"SELECT last_seq FROM hubbub_stream {stream}").fetchall()
            yield
            ((last,),) = found
            messages = f"hubbub_chat_message WHERE name = '{room}'"
            database.execute(f"DELETE FROM {messages} AND seq > {last}")
            database.execute(f"UPDATE hubbub_stream SET last_seq = {last} {stream}")
        else:
            with closing(sqlite3.connect(":memory:")) as copy:
                database.backup(copy)
                yield
                copy.backup(database)


def post(server, room, text):
    assert call(server.http(f"/api/chat/{room}/messages/"), {"message": text}).data["seq"]


def page(server, room):
    return call(server.http(f"/api/chat/{room}/messages/")).data


async def test_what_another_process_stores_right_after_the_handshake_is_heard(site):
    async def come():
        room = f"delivery-{next(numbers)}"
        async with talk(site.ws(f"/ws/chat/{room}/")) as client:
            store(site, room, "hello")
            return (await client.hear_until(message="hello"))["seq"]

    assert await asyncio.gather(*(come() for _ in range(60))) == [1] * 60


@pytest.mark.parametrize("query", ["", "?history=50", "?since=0"])
async def test_what_is_sent_by_one_who_leaves_at_once_is_stored_at_once_and_in_order(
    site, room, query
):
    # In a room that has begun: of the first one it is asked whether it may be, at either door.
    await asyncio.to_thread(post, site, room, "before")
    async with talk(site.ws(f"/ws/chat/{room}/{query}")) as client:
        for text in ("one", "two"):
            await client.say_chat(text)
    await asyncio.to_thread(post, site, room, "three")
    messages = (await asyncio.to_thread(page, site, room))["messages"]
    assert [message["message"] for message in messages] == ["before", "one", "two", "three"]


async def test_an_empty_room_has_the_epoch_of_its_first_message_and_no_row(site, room):
    async with talk(site.ws(f"/ws/chat/{room}/?history=0")) as client:
        epoch = (await client.hear_until(type="history"))["epoch"]
        assert epoch
        with opened(site.env) as database:
            rows = database.execute(f"SELECT * FROM hubbub_stream WHERE name = 'chat:{room}'")
            assert rows.fetchall() == []
        await client.say_chat("first")
        await client.hear_until(message="first")
    assert page(site, room)["epoch"] == epoch
    async with talk(site.ws(f"/ws/chat/{room}/?since=0&epoch={epoch}")) as client:
        recovery = await client.hear_until(type="recovery")
        assert (recovery["recovered"], recovery["missed"], recovery["epoch"]) == (True, 1, epoch)


async def test_the_place_of_one_who_gets_notifications_is_in_a_numbering(site):
    async with talk(site.ws("/ws/notifications/")) as client:
        _, _, everyone = (await client.hear())["cursor"].partition(",")
        assert all(everyone.split(":"))


@pytest.mark.parametrize(("stored", "by"), [(post, 4), (store, 1)], ids=["here", "elsewhere"])
async def test_a_database_that_was_put_back_has_a_new_epoch_and_sends_the_members_to_it(
    restored, room, stored, by
):
    path, new = f"/ws/chat/{room}/", [f"new {number}" for number in range(by)]
    async with talk(restored.ws(path)) as client:
        for number in range(3):
            await client.say_chat(f"old {number}")
        await client.hear_until(seq=3)
        old = page(restored, room)["epoch"]
        with put_back(restored, room):
            await client.say_chat("lost 3")
            await client.say_chat("lost 4")
            await client.hear_until(seq=5)
        for text in new:
            await asyncio.to_thread(stored, restored, room, text)
        assert (await client.goodbye())[0] == 1013
        told = [frame["message"] for frame in client.heard if "seq" in frame]
    assert told[:5] == ["old 0", "old 1", "old 2", "lost 3", "lost 4"]
    async with talk(restored.ws(f"{path}?since={3 + by}&epoch={old}&history=50")) as client:
        recovery = await client.hear_until(type="recovery")
        assert (recovery["recovered"], recovery["seq"]) == (False, 3 + by)
        assert recovery["epoch"] not in {"", old}
        messages = (await client.hear_until(type="history"))["messages"]
        assert [message["message"] for message in messages] == ["old 0", "old 1", "old 2", *new]
        await client.say_chat("and on")
        assert (await client.hear_until(message="and on"))["seq"] == 4 + by
