"""A process that serves no sockets: an event is said there to nobody, and the sender is told."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from hubbub.fanout import hub
from hubbub.fanout.layer import HubLayer

ROOT = Path(__file__).resolve().parents[2]
EVENT = {"type": "test.event"}


@pytest.fixture
def unserved(monkeypatch):
    """As in a process that has no event loop with WebSockets."""
    monkeypatch.setattr(hub.hubs, "_all", ())


async def test_it_warns_once_where_nobody_can_hear(unserved, caplog):
    layer = HubLayer()
    for _ in range(3):
        await layer.group_send("group", EVENT)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 1
    assert messages[0].startswith("event_unheard ")
    assert "group=group type=test.event" in messages[0]
    assert "hubbub serve" in messages[0]


async def test_it_does_not_warn_where_somebody_receives_or_may(unserved, caplog):
    receiving, given_out = HubLayer(), HubLayer()
    task = asyncio.create_task(receiving.receive("channel"))
    await asyncio.sleep(0)
    await given_out.new_channel()
    for layer in (receiving, given_out):
        await layer.group_send("group", EVENT)
    task.cancel()
    assert not caplog.records


async def test_it_does_not_warn_in_a_process_that_serves(caplog):
    hub.local_hub()
    await HubLayer().group_send("group", EVENT)
    assert not caplog.records


SCRIPT = """
import django
django.setup()
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
for text in ("one", "two"):
    async_to_sync(get_channel_layer().group_send)(
        "lobby", {"type": "lobby.greeting", "text": text}
    )
print("done")
"""


def test_a_script_is_told_once_what_to_set_up_and_goes_on():
    command = [sys.executable, "-c", SCRIPT]
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": f"{ROOT}:{ROOT}/src"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    assert done.stderr.count("serves no WebSockets") == 1
    assert "hubbub serve" in done.stderr


async def test_it_warns_at_the_first_event_for_a_worker_that_is_not_here(caplog):
    layer = HubLayer()
    await layer.send("thumbs", EVENT)
    (record,) = caplog.records
    assert record.getMessage().startswith("event_unheard ")
    assert "channel=thumbs" in record.getMessage()
    assert "runworker" in record.getMessage()


async def test_it_does_not_warn_of_a_channel_that_is_received_from_here(caplog):
    layer = HubLayer()
    await layer.send(await layer.new_channel(), EVENT)
    task = asyncio.create_task(layer.receive("thumbs"))
    await asyncio.sleep(0)
    await layer.send("thumbs", EVENT)
    await task
    await layer.send("thumbs", EVENT)
    assert not caplog.records
