"""Rooms, inboxes and counters in the admin."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubbub.chat.models import Message
from hubbub.chat.services import post
from hubbub.counter.services import change
from hubbub.journal.models import Stream
from tests.admins import address, listed, may_only_be_looked_at

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_stream_says_how_far_it_goes(admin_client):
    post(room="a", message="one")
    post(room="a", message="two")
    (row,) = listed(admin_client, Stream)
    assert row.startswith("chat:a 1 2 ")


def test_rooms_can_be_looked_at_alone(admin_client):
    post(room="a", message="one")
    change(action="increment", name="a")
    Stream.objects.create(name="inbox:7", epoch="e")
    Stream.objects.create(name="everyone", epoch="e")
    Stream.objects.create(name="other:7", epoch="e")

    def names(**query):
        return [row.split()[0] for row in listed(admin_client, Stream, **query)]

    assert names(endpoint="chat") == ["chat:a"]
    assert names(endpoint="counter") == ["counter:a"]
    assert names(endpoint="notifications") == ["everyone", "inbox:7"]
    assert len(names()) == 5
    assert len(names(endpoint="nonsense")) == 5
    assert names(q="other") == ["other:7"]


def test_a_room_leads_to_what_was_said_in_it(admin_client):
    post(room="a", message="one")
    post(room="b", message="two")
    page = admin_client.get(address(Stream)).content.decode()
    assert f'href="{address(Message)}?name=a"' in page
    assert len(listed(admin_client, Message, name="a")) == 1


def test_nothing_goes_past_the_journal(admin_client):
    post(room="a", message="one")
    may_only_be_looked_at(admin_client, Stream, Stream.objects.get())


def test_a_long_list_has_pages_and_costs_no_query_a_row(admin_client):
    post(room="a", message="one")
    listed(admin_client, Stream)
    with CaptureQueriesContext(connection) as few:
        listed(admin_client, Stream)
    Stream.objects.bulk_create(Stream(name=f"chat:{number}", epoch="e") for number in range(60))
    with CaptureQueriesContext(connection) as many:
        assert len(listed(admin_client, Stream)) == 50
    assert len(many) == len(few) < 8
