"""A database in trouble: `overloaded`, then fine, nothing acked missing, and nobody is cut off."""

import asyncio
import resource
import sqlite3
from contextlib import closing, contextmanager
from itertools import count

import pytest

from tests.api_v1.talk import talk
from tests.crash.site import site

DEADLINE = 40.0
OVERLOADED = "overloaded"


@pytest.fixture
def server(tmp_path):
    with site(tmp_path / "data") as running:
        yield running


def texts(server, room):
    """What the table holds."""
    query = "SELECT request_id, seq FROM hubbub_chat_message WHERE room = ? ORDER BY seq"
    with closing(sqlite3.connect(server.data / "hubbub.sqlite3")) as database:
        return database.execute(query, (room,)).fetchall()


class Speaker:
    """Says one thing after the other; what was acked, and the codes of what was refused."""

    def __init__(self, client) -> None:
        self.client = client
        self.acked: dict[str, int] = {}
        self.refused: list[str] = []
        self.numbers = count(1)

    async def say(self, text: str = "hello", key: str = "") -> bool:
        """Say something; whether it was acked."""
        key = key or f"id{next(self.numbers)}"
        await self.client.say_chat(text, id=key)
        while True:
            answer = await self.client.hear()
            if answer.get("id") == key and answer["type"] == "ack":
                self.acked[key] = answer["seq"]
                return True
            if answer.get("id") == key and answer["type"] == "error":
                self.refused.append(answer["code"])
                return False

    async def say_until(self, acked: bool, text: str = "hello") -> None:
        """Say things until one is acked, or until one is refused."""
        async with asyncio.timeout(DEADLINE):
            while await self.say(text) is not acked:  # noqa: ASYNC110 - it asks a server
                await asyncio.sleep(0.02)


@contextmanager
def full_disk(server):
    """No file of the server's may grow beyond what its log needs."""
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (32 * 1024, hard))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def locked(server):
    """Somebody else holds the write lock."""
    path = server.data / "hubbub.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


async def check_all(server, speaker, listener, room):
    """Everything acked is in the table and was heard, in order, with nothing between."""
    stored = await asyncio.to_thread(texts, server, room)
    assert dict(stored).items() >= speaker.acked.items()
    assert [seq for _, seq in stored] == list(range(1, len(stored) + 1))
    if not any(frame.get("seq") == len(stored) for frame in listener.heard):
        await listener.hear_until(seq=len(stored))
    heard = [frame["seq"] for frame in listener.heard if frame["type"] == "chat_message"]
    assert heard == [seq for _, seq in stored]


async def test_a_full_disk_is_overloaded_and_then_fine(server):
    url = server.url("/ws/chat/full/")
    async with talk(url) as one, talk(url) as listener:
        speaker = Speaker(one)
        assert await speaker.say()
        with full_disk(server):
            await speaker.say_until(False, "x" * 900)
            assert not await speaker.say("x" * 900)
            async with talk(f"{url}?history=5") as reader:
                assert (await reader.hear_until(type="history"))["messages"]
            await one.say(type="presence")
            assert (await one.hear_until(type="presence"))["count"] == 2
        await speaker.say_until(True)
        assert await speaker.say()
        assert set(speaker.refused) == {OVERLOADED}
        await check_all(server, speaker, listener, "full")


async def test_ten_seconds_of_somebody_elses_lock_are_overloaded_and_then_fine(server):
    url = server.url("/ws/chat/locked/")
    loop = asyncio.get_running_loop()
    async with talk(url) as one, talk(url) as listener:
        speaker = Speaker(one)
        assert await speaker.say()
        with locked(server):
            end = loop.time() + 10
            while loop.time() < end:
                assert not await speaker.say()
            async with talk(f"{url}?history=5") as reader:
                assert (await reader.hear_until(type="history"))["messages"]
            await one.say(type="presence")
            assert (await one.hear_until(type="presence"))["count"] == 2
        await speaker.say_until(True)
        assert set(speaker.refused) == {OVERLOADED}
        await check_all(server, speaker, listener, "locked")


async def test_what_was_refused_can_be_said_again_under_the_same_id(server):
    url = server.url("/ws/chat/again/")
    async with talk(url) as one, talk(url) as listener:
        speaker = Speaker(one)
        with locked(server):
            assert not await speaker.say(key="first")
        async with asyncio.timeout(DEADLINE):
            while not await speaker.say(key="first"):  # noqa: ASYNC110 - it asks a server
                await asyncio.sleep(0.02)
        assert speaker.acked == {"first": 1}
        await check_all(server, speaker, listener, "again")


async def test_who_comes_while_the_database_cannot_be_read_is_sent_to_come_again(server):
    async with talk(server.url("/ws/chat/gone/")) as one:
        assert await Speaker(one).say()
        with closing(sqlite3.connect(server.data / "hubbub.sqlite3")) as other:
            other.execute("ALTER TABLE hubbub_stream RENAME TO hubbub_stream_away")
            try:
                async with talk(server.url("/ws/chat/gone/?history=5")) as late:
                    assert (await late.goodbye())[0] == 1013
                async with talk(server.url("/ws/counter/gone/")) as late:
                    assert (await late.goodbye())[0] == 1013
            finally:
                other.execute("ALTER TABLE hubbub_stream_away RENAME TO hubbub_stream")
        await Speaker(one).say_until(True)
