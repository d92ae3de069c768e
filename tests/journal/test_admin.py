"""Streams of every kind in the admin."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubbub.journal.models import Stream
from tests.admins import address, listed, may_only_be_looked_at
from tests.journal.entries import publish
from tests.toys.pads import Line

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_stream_says_how_far_it_goes(admin_client):
    publish("a", "one")
    publish("a", "two")
    (row,) = listed(admin_client, Stream)
    assert row.startswith("pad:a 1 2 ")


def test_those_of_a_kind_can_be_looked_at_alone(admin_client):
    publish("a", "one")
    Stream.objects.create(name="game:a", epoch="e")
    Stream.objects.create(name="other:7", epoch="e")

    def names(**query):
        return [row.split()[0] for row in listed(admin_client, Stream, **query)]

    assert names(endpoint="pad") == ["pad:a"]
    assert names(endpoint="game") == ["game:a"]
    assert len(names()) == 3
    assert len(names(endpoint="nonsense")) == 3
    assert names(q="other") == ["other:7"]


def test_a_stream_leads_to_what_is_in_it(admin_client):
    publish("a", "one")
    publish("b", "two")
    page = admin_client.get(address(Stream)).content.decode()
    assert f'href="{address(Line)}?name=a"' in page
    assert len(listed(admin_client, Line, name="a")) == 1


def test_nothing_goes_past_the_journal(admin_client):
    publish("a", "one")
    may_only_be_looked_at(admin_client, Stream, Stream.objects.get())


def test_a_long_list_has_pages_and_costs_no_query_a_row(admin_client):
    publish("a", "one")
    listed(admin_client, Stream)
    with CaptureQueriesContext(connection) as few:
        listed(admin_client, Stream)
    Stream.objects.bulk_create(Stream(name=f"pad:{number}", epoch="e") for number in range(60))
    with CaptureQueriesContext(connection) as many:
        assert len(listed(admin_client, Stream)) == 50
    assert len(many) == len(few) < 8
