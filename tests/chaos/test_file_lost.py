"""The database's file is lost under the server: nobody is acked what nobody will read again."""

import asyncio
import sqlite3
import time
from contextlib import closing

import httpx
import pytest

from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.journal import postgresql

pytestmark = pytest.mark.skipif(bool(postgresql.given()), reason="the database is a file here")
#: Seconds until a busy machine's server has noticed; in peace it takes a quarter of one.
NOTICED = 3.0
BACK = 15.0


@pytest.fixture
def site(tmp_path):
    with serve(tmp_path, HUBBUB_RATE_LIMIT="off") as server:
        yield server


def without_log(file):
    """What is beside an SQLite file belongs to that one alone."""
    for beside in ("-wal", "-shm"):
        file.with_name(file.name + beside).unlink(missing_ok=True)


def copied(file):
    """A whole copy of the database."""
    copy = file.with_name("copy")
    with closing(sqlite3.connect(file)) as old, closing(sqlite3.connect(copy)) as new:
        old.backup(new)
    return copy


def delete(file):
    file.unlink()
    without_log(file)


def move(file):
    file.rename(file.with_name("moved"))


def cut_off(file):
    file.write_bytes(b"")


def replace(file):
    other = file.with_name("other")
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE another (n)")
    other.rename(file)
    without_log(file)


async def readiness(http):
    answer = await http.get("/readyz")
    return answer.json().get("reason", "ready")


async def becomes(http, ready, seconds):
    """Wait until the server says that it is ready, or is not; returns the reason."""
    async with asyncio.timeout(seconds):
        while ((reason := await readiness(http)) == "ready") is not ready:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return reason


def stored(file):
    with closing(sqlite3.connect(file)) as database:
        return [text for (text,) in database.execute("SELECT message FROM hubbub_chat_message")]


@pytest.mark.parametrize("lose", [delete, move, cut_off, replace])
async def test_it_is_noticed_and_when_it_is_there_again_all_goes_on(site, lose):
    file, post = site.database, "/api/chat/general/messages/"
    async with httpx.AsyncClient(base_url=site.http(""), trust_env=False) as http:
        async with talk(site.ws("/ws/chat/general/")) as chat:
            await chat.say_chat("before", id="a")
            await chat.hear_until(type="ack", id="a")
            copy = copied(file)
            lose(file)
            # At once, before any look: what is not acked may be lost, what is acked may not.
            await chat.say_chat("lost", id="b")
            error = await chat.hear_until(type="error")
            assert (error["id"], error["code"]) == ("b", "overloaded")
            assert (await http.post(post, json={"message": "lost"})).status_code == 503
            assert await becomes(http, ready=False, seconds=NOTICED) in {"database", "writer"}
        copy.rename(file)
        without_log(file)
        await becomes(http, ready=True, seconds=BACK)
        assert (await http.post(post, json={"message": "http"})).status_code == 200
        async with talk(site.ws("/ws/chat/general/?history=9")) as chat:
            await chat.hear_until(type="history")
            await chat.say_chat("after", id="c")
            await chat.hear_until(type="ack", id="c")
    assert stored(file) == ["before", "http", "after"]


async def test_without_anybody_who_stores_it_is_noticed_too(site):
    async with httpx.AsyncClient(base_url=site.http(""), trust_env=False) as http:
        async with talk(site.ws("/ws/chat/general/")) as chat:
            await chat.say_chat("before", id="a")
            await chat.hear_until(type="ack", id="a")
        file = site.database
        copy = copied(file)
        delete(file)
        await becomes(http, ready=False, seconds=NOTICED)
        assert not file.exists(), "an empty one would be there instead"
        copy.rename(file)
        await becomes(http, ready=True, seconds=BACK)


async def test_a_lock_that_is_held_is_told_and_passes(site):
    async with (
        httpx.AsyncClient(base_url=site.http(""), trust_env=False) as http,
        talk(site.ws("/ws/chat/general/")) as chat,
    ):
        await chat.say_chat("before", id="a")
        await chat.hear_until(type="ack", id="a")
        with closing(sqlite3.connect(site.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            await chat.say_chat("meanwhile", id="b")
            assert await becomes(http, ready=False, seconds=NOTICED) == "writer"
            assert (await chat.hear_until(type="error"))["code"] == "overloaded"
            assert time.monotonic() - began < 10
            other.execute("ROLLBACK")
        await becomes(http, ready=True, seconds=BACK)
        await chat.say_chat("after", id="c")
        await chat.hear_until(type="ack", id="c")
    assert stored(site.database) == ["before", "after"]


@pytest.mark.parametrize("ends", [["-wal"], ["-wal", "-shm"]])
async def test_what_was_acked_is_in_the_file_though_its_log_was_deleted_and_the_server_killed(
    site, ends
):
    async with talk(site.ws("/ws/chat/general/")) as chat:
        await chat.say_chat("before", id="a")
        await chat.hear_until(type="ack", id="a")
        for end in ends:
            site.database.with_name(site.database.name + end).unlink()
        await chat.say_chat("meanwhile", id="b")
        await chat.hear_until(id="b")
        async with asyncio.timeout(BACK):
            while "database_log_gone reason=saved" not in site.running.output():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        for text in ("after", "once more"):
            await chat.say_chat(text, id=text)
            await chat.hear_until(type="ack", id=text)
        async with talk(site.ws("/ws/chat/general/?history=9")) as late:
            assert len((await late.hear_until(type="history"))["messages"]) == 4
    site.running.process.kill()
    site.running.process.wait()
    assert stored(site.database) == ["before", "meanwhile", "after", "once more"]
