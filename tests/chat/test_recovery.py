"""What is read of a room for those who come back: once for all of them, and never out of date."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubbub.chat.services import delete, post
from hubbub.streams.selectors import recovery_open
from tests.names import new_name

pytestmark = pytest.mark.django_db(transaction=True)


def come_back(room, since):
    """The frames that somebody gets, and how many questions the database was asked for them."""
    with CaptureQueriesContext(connection) as asked:
        frames, _, recovered = recovery_open(stream=f"chat:{room}", since=since, epoch=None)
    assert recovered
    return frames, len(asked)


@pytest.fixture
def room():
    room = new_name()
    for number in range(20):
        post(room=room, message=f"hello {number}")
    return room


def test_all_who_missed_the_same_are_served_by_one_reading(room):
    first, questions = come_back(room, 5)
    again, fewer = come_back(room, 5)
    assert again == first
    assert fewer == questions - 1
    assert first.count(b"chat_message") == 15


def test_who_missed_something_else_gets_that(room):
    come_back(room, 5)
    frames, _ = come_back(room, 18)
    assert frames.count(b"chat_message") == 2


def test_what_is_said_later_is_in_the_next_one(room):
    come_back(room, 5)
    post(room=room, message="and this")
    frames, _ = come_back(room, 5)
    assert frames.count(b"chat_message") == 16
    assert b"and this" in frames


def test_what_is_deleted_is_gone_from_the_next_one(room):
    before, _ = come_back(room, 5)
    delete(room=room, seq=11)
    after, _ = come_back(room, 5)
    assert b'"hello 10"' in before
    assert b'"hello 10"' not in after
