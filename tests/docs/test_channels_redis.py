"""`docs/channels-redis.md`: each block is a setting, and each option is told of."""

import re
from pathlib import Path

from channels.layers import ChannelLayerManager
from django.core.checks import run_checks

from hubbub.fanout.checks import BECOMES, OPTIONS
from hubbub.fanout.layer import HubLayer

DOCUMENT = (Path(__file__).parents[2] / "docs" / "channels-redis.md").read_text()
BEFORE, AFTER, BOTH = (
    eval(block.partition("=")[2])
    for block in re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
)


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
