"""These tests call a door themselves, and would wait for a connection that lasts as the call."""

import pytest


@pytest.fixture(autouse=True)
def nobody_between(settings):
    settings.HUBBUB_FAST_PATH = "on"
