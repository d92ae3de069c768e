"""A layer that is left over from another one is told of before it fails, with what to do."""

import pytest
from django.core.checks import run_checks

from hubbub.fanout.checks import BACKEND, BECOMES, OPTIONS
from hubbub.fanout.layer import HubLayer

REDIS = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": ["redis"]}}


def told(settings, layers):
    settings.CHANNEL_LAYERS = layers
    return [found for found in run_checks(tags=["hubbub"]) if found.id.endswith("009")]


@pytest.mark.parametrize("option", [*BECOMES, "misspelt"])
def test_an_option_that_the_layer_does_not_know_is_an_error_with_what_it_becomes(settings, option):
    layer = {"BACKEND": BACKEND, "CONFIG": {option: 1, "capacity": 10}}
    (found,) = told(settings, {"default": REDIS, "hubbub": layer})
    assert found.id == "hubbub.E009"
    assert repr(option) in found.msg
    assert "hubbub" in found.msg
    assert BECOMES.get(option, "nothing") in found.hint


def test_its_own_options_are_its_own(settings):
    config = {"capacity": 1, "expiry": 1, "group_expiry": 1, "channel_capacity": {}}
    assert set(config) == OPTIONS
    assert HubLayer(**config)
    assert told(settings, {"default": {"BACKEND": BACKEND, "CONFIG": config}}) == []


def test_no_layer_of_ours_among_others_is_a_warning(settings):
    (found,) = told(settings, {"default": REDIS})
    assert found.id == "hubbub.W009"
    assert BACKEND in found.hint


@pytest.mark.parametrize("layers", [{}, None, {"default": {"BACKEND": BACKEND}}])
def test_one_of_ours_or_none_at_all_is_no_trouble(settings, layers):
    assert told(settings, layers) == []
