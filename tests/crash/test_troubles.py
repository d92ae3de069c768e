"""A database in trouble: `overloaded`, then fine, nothing acked missing, and nobody is cut off."""

import asyncio
import resource
import sqlite3
from contextlib import closing, contextmanager

import pytest
from httpx import AsyncClient
from websockets.exceptions import InvalidStatus

from tests.api_v1.talk import talk
from tests.crash.site import site
from tests.crash.speaker import DEADLINE, OVERLOADED, Speaker, check_all
from tests.journal import postgresql

pytestmark = pytest.mark.skipif(bool(postgresql.given()), reason="SQLite's own troubles")


@pytest.fixture
def server(tmp_path):
    with site(tmp_path / "data") as running:
        yield running


@contextmanager
def full_disk(server, size=32 * 1024):
    """No file of the server's may grow beyond what its log needs, or another size."""
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, hard))
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


async def test_a_disk_with_room_for_a_page_is_as_full_and_not_ready(server):
    url, log = server.url("/ws/chat/full/"), server.data / "hubbub.sqlite3-wal"
    ready = f"http://127.0.0.1:{server.port}/readyz"
    async with talk(url) as one, talk(url) as listener, AsyncClient(trust_env=False) as http:
        speaker = Speaker(one)
        assert await speaker.say()
        with full_disk(server, log.stat().st_size + 8 * 1024):
            await speaker.say_until(False, "x" * 900)
            answer = await http.get(ready)
            assert (answer.status_code, answer.json()["reason"]) == (503, "writer")
        async with asyncio.timeout(DEADLINE):
            while (await http.get(ready)).status_code != 200:  # noqa: ASYNC110 - it asks a server
                await asyncio.sleep(0.05)
        assert await speaker.say("x" * 900)
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
                with pytest.raises(InvalidStatus, match="503"):
                    async with talk(server.url("/ws/counter/gone/")):
                        raise AssertionError
            finally:
                other.execute("ALTER TABLE hubbub_stream_away RENAME TO hubbub_stream")
        await Speaker(one).say_until(True)
