"""A policy whose answers a test changes."""

import pytest

from tests.streams.policies import PATH, book


@pytest.fixture
def answers(settings, transactional_db):
    """What the policy in force answers; all is allowed."""
    settings.HUBBUB_CHAT_POLICY = PATH + "Booked"
    book.__init__()
    yield book
    book.gate.set()


@pytest.fixture(autouse=True)
def paths(settings):
    settings.ROOT_URLCONF = "tests.testing.urls"
