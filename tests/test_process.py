"""What a test used up or left behind is not there for the next; each of these runs twice."""

import asyncio

import pytest
from channels.layers import get_channel_layer

from hubbub.accounts.names import names
from hubbub.chat import rooms
from hubbub.counter import audience
from hubbub.counter.audience import find_standing, note_standing
from hubbub.fanout.hub import has_hub, local_hub
from hubbub.limits.ledger import shared_buckets
from hubbub.sockets.door import seats

pytestmark = pytest.mark.parametrize("time", ["once", "twice"])


def test_a_limit_is_whole(time):
    assert shared_buckets.take("ada", 1, 3600, now=0) == 0


def test_a_seat_is_free(time):
    assert seats.take("ada", 1)


def test_nobody_is_in_a_room(time):
    assert rooms.find_room("lobby") is None
    asyncio.run(come(rooms))
    assert rooms.find_room("lobby").roll.count == 1


def test_nobody_looks_at_a_counter(time):
    assert find_standing("clicks", None) is None
    asyncio.run(come(audience, "clicks"))
    note_standing("clicks", None, "where it stands")


async def come(place, name="lobby"):
    local_hub()
    place.crowds.enter(name, 7, "ada")


def test_no_name_is_known(time, monkeypatch, db):
    monkeypatch.setattr(names, "_ask", lambda name: True)
    assert names.recall("ada") is None
    assert asyncio.run(names.look_up("ada"))


def test_no_event_waits_in_a_layer(time):
    layer = get_channel_layer()
    assert not layer.has_group("lobby")
    asyncio.run(layer.group_add("lobby", "channel"))


def test_nobody_was_served(time):
    assert not has_hub()
    asyncio.run(come(rooms))
    assert has_hub()
