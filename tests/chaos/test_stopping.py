"""SIGTERM: everyone is told when to come back, and the process ends."""

import asyncio
import re
import signal
import time
from contextlib import AsyncExitStack

import pytest

from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.chaos.rough import CLOSE, connect_roughly

REASON = re.compile(r"server restarting retry_after_ms=(\d+)")
PATHS = ["/ws/chat/general/", "/ws/counter/", "/ws/notifications/"]


@pytest.fixture
def site(tmp_path):
    with serve(tmp_path) as server:
        yield server


async def exit_code(site):
    """Wait until the process has ended: its exit code."""
    return await asyncio.to_thread(site.running.process.wait, 15)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
async def test_everyone_is_told_1012_and_when_to_come_back(site, sent):
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(talk(site.ws(path), subprotocols=["hubbub.v1"]))
            for path in (*PATHS, "/ws/")
            for _ in range(20)
        ]
        for client in clients[-10:]:  # half of those who may hear many streams
            await client.say(type="subscribe", stream="chat:general")
            await client.hear_until(type="subscribed")
        site.running.process.send_signal(sent)
        goodbyes = await asyncio.gather(*(client.goodbye() for client in clients))
        assert {code for code, _ in goodbyes} == {1012}
        waits = [int(REASON.fullmatch(reason)[1]) for _, reason in goodbyes]
        assert all(0 < wait <= 60_000 for wait in waits)
        assert len(set(waits)) > 1, "they must not all come back at once"
    assert await exit_code(site) == 0


async def test_it_ends_within_ten_seconds_beside_clients_that_do_not_answer(site):
    deaf = [await connect_roughly(site.port, path) for path in PATHS]
    began = time.monotonic()
    site.running.process.terminate()
    for client in deaf:
        first, content = await client.hear()
        while first != CLOSE:
            first, content = await client.hear()
        assert content.startswith(b"\x03\xf4server restarting retry_after_ms=")
    with pytest.raises((ConnectionError, EOFError)):
        await connect_roughly(site.port, PATHS[0])
    assert await exit_code(site) == 0
    assert time.monotonic() - began < 10


async def test_it_ends_without_any_client(site):
    site.running.process.terminate()
    assert await exit_code(site) == 0
