"""`docs/channels-redis.md`: each block is a setting, and each option is told of."""

import asyncio
import re
from pathlib import Path
from textwrap import indent
from types import SimpleNamespace

import pytest
from channels.layers import ChannelLayerManager, get_channel_layer
from django.core.checks import run_checks

from hubbub.errors import Refusal
from hubbub.fanout.checks import BECOMES, OPTIONS
from hubbub.fanout.layer import HubLayer

DOCUMENT = (Path(__file__).parents[2] / "docs" / "channels-redis.md").read_text()
*LAYERS, SENDING = sorted(
    re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL), key=lambda block: "await" in block
)
BEFORE, AFTER, BOTH = (eval(block.partition("=")[2]) for block in LAYERS)


def told(settings, layers):
    settings.CHANNEL_LAYERS = layers
    return [found.id for found in run_checks(tags=["hubbub"]) if found.id.endswith("009")]


def test_before_it_is_warned_of_and_after_it_is_not(settings):
    assert told(settings, BEFORE) == ["hubbub.W009"]
    only_renamed = {"default": BEFORE["default"] | {"BACKEND": AFTER["default"]["BACKEND"]}}
    assert told(settings, only_renamed) == ["hubbub.E009"]
    assert told(settings, AFTER) == told(settings, BOTH) == []


def test_the_layer_takes_its_options(settings):
    for layers in (AFTER, BOTH):
        settings.CHANNEL_LAYERS = layers
        assert isinstance(ChannelLayerManager()["default"], HubLayer)


def test_each_option_is_in_the_table():
    table = DOCUMENT.partition("| --- | --- |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE))))
    assert named >= OPTIONS
    assert named - OPTIONS <= set(BECOMES)


class TestTheTutorialsNames:
    """A consumer of the project's own, in a group that is called as a room's."""

    @pytest.fixture
    async def heard(self, transactional_db):
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add("chat_lobby", channel)

        async def heard():
            return await asyncio.wait_for(layer.receive(channel), 20)

        yield heard
        await layer.group_discard("chat_lobby", channel)

    async def test_what_is_sent_as_the_page_says_comes_whole(self, heard):
        names = {"message": "hi"}
        exec(f"async def send(self):\n{indent(SENDING, '    ')}", names)
        consumer = SimpleNamespace(channel_layer=get_channel_layer(), room_group_name="chat_lobby")
        await names["send"](consumer)
        event = await heard()
        assert (event["message"], event["data"]) == ("hi", {"colour": "red"})

    async def test_another_key_is_left_out_and_named(self, heard, caplog):
        event = {"type": "chat.message", "message": "hi", "colour": "red"}
        await get_channel_layer().group_send("chat_lobby", event)
        assert "colour" not in await heard()
        assert "event_keys_dropped" in caplog.text

    @pytest.mark.parametrize("message", [{"text": "hi"}, "x" * 1001])
    async def test_what_is_no_message_is_refused(self, heard, message):
        event = {"type": "chat.message", "message": message}
        with pytest.raises(Refusal):
            await get_channel_layer().group_send("chat_lobby", event)
