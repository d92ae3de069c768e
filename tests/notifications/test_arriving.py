"""Who comes while others are told: each cursor that it sees is behind all that it was sent."""

from __future__ import annotations

import asyncio

import pytest
from django.contrib.auth import get_user_model

from hubbub.crossing import in_database
from hubbub.journal.followers import Followers
from hubbub.notifications import consumer, services
from hubbub.notifications.cursor import read_cursor
from hubbub.notifications.inbox import EVERYONE
from hubbub.notifications.readers import local_readers
from hubbub.testing import Member

pytestmark = pytest.mark.django_db(transaction=True)

START = ":0,:0"


class Own:
    """The notifications' own socket."""

    def __init__(self, user):
        self.member = Member(f"/ws/notifications/?cursor={START}", user=user)

    async def come(self):
        """Its path has said what it wants."""


class One:
    """A socket for many streams."""

    def __init__(self, user):
        self.member = Member("/ws/", user=user, subprotocols=["hubbub.v1"])

    async def come(self):
        await self.member.say(type="subscribe", stream="notifications", cursor=START)


@pytest.fixture
def late(monkeypatch):
    """What is sent to everyone is in the table, and told here only when a member waits for it."""
    ring = Followers.ring

    def lose(followers, events):
        ring(followers, [event for event in events if event.stream != EVERYONE])

    monkeypatch.setattr(Followers, "ring", lose)
    monkeypatch.setattr(Followers, "check", lambda _: None)


@pytest.fixture
def reading(monkeypatch):
    """A snapshot that was read, and whether it is sent."""
    read, sent = asyncio.Event(), asyncio.Event()
    sent.set()

    async def read_and_wait(call):
        found = await in_database(call)
        read.set()
        await sent.wait()
        return found

    monkeypatch.setattr(consumer, "in_database", read_and_wait)
    return read, sent


def place(frame):
    """How far a cursor goes in the user's own stream, and in everyone's."""
    own, everyone = read_cursor(frame["cursor"])
    return own.seq, everyone.seq


@pytest.mark.parametrize("door", [Own, One])
async def test_what_is_told_meanwhile_has_a_cursor_behind_what_the_snapshot_has(
    late, reading, door
):
    ada = await in_database(get_user_model().objects.create_user, "ada")
    read, sent = reading
    # Somebody is there before, so that it is not asked how far the streams go.
    async with Member("/ws/notifications/"), Member("/ws/notifications/", user=ada) as other:
        await other.hear_until(type="connection_status")
        await services.asend(title="all", message="1")
        read.clear()
        sent.clear()
        one = door(ada)
        async with one.member as member:
            await one.come()
            await read.wait()
            await services.asend(title="own", message="2", user_id=ada.pk)
            await other.hear_until(title="own")
            sent.set()
            told = [await member.hear_until(type="notification") for _ in range(2)]
            assert [frame["title"] for frame in told] == ["all", "own"]
            assert [place(frame) for frame in told] == [(0, 1), (1, 1)]
            await services.asend(title="own", message="3", user_id=ada.pk)
            assert place(await member.hear_until(message="3")) == (2, 1)


@pytest.mark.parametrize("door", [Own, One])
async def test_a_count_that_is_told_meanwhile_comes_again_with_such_a_cursor(late, reading, door):
    ada = await in_database(get_user_model().objects.create_user, "ada")
    read, sent = reading
    async with (
        Member("/ws/notifications/"),
        Member("/ws/notifications/?unread=1", user=ada) as other,
    ):
        await other.hear_until(type="connection_status")
        await services.asend(title="all", message="1")
        read.clear()
        sent.clear()
        one = door(ada)
        async with one.member as member:
            await one.come()
            await read.wait()
            local_readers().recount(str(ada.pk))
            await other.hear_until(type="unread_count")
            sent.set()
            await member.hear_until(type="notification")
            count = await member.hear()
            assert (count["type"], count["count"], place(count)) == ("unread_count", 1, (0, 1))
