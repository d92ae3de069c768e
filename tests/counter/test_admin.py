"""Counters in the admin: to be looked at."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubbub.counter.models import Change, Counter
from hubbub.counter.services import change
from tests.admins import address, listed, may_only_be_looked_at

pytestmark = pytest.mark.django_db(transaction=True)


def test_counters_are_listed_with_their_values(admin_client):
    change(action="increment", value=5, name="b")
    change(action="increment", name="a")
    change(action="decrement", value=3, name="a")
    assert listed(admin_client, Counter) == ["a -2 2 show", "b 5 1 show"]
    assert listed(admin_client, Counter, q="b") == ["b 5 1 show"]


def test_a_counter_leads_to_its_changes(admin_client):
    change(action="increment", value=5, name="b")
    change(action="increment", value=2, name="a")
    page = admin_client.get(address(Counter, "change", "a")).content.decode()
    assert f'href="{address(Change)}?name=a"' in page
    (row,) = listed(admin_client, Change, name="a")
    assert row.startswith("a 1 increment 2 2")


def test_nothing_goes_past_the_journal(admin_client):
    change(action="increment", name="a")
    may_only_be_looked_at(admin_client, Counter, Counter.objects.get())
    may_only_be_looked_at(admin_client, Change, Change.objects.get())


@pytest.mark.parametrize("model", [Counter, Change])
def test_a_long_list_has_pages_and_costs_no_query_a_row(admin_client, model):
    change(action="increment", name="a-0")
    listed(admin_client, model)
    with CaptureQueriesContext(connection) as few:
        listed(admin_client, model)
    for number in range(60):
        change(action="increment", name=f"a-{number}")
    with CaptureQueriesContext(connection) as many:
        assert len(listed(admin_client, model)) == 50
    assert len(many) == len(few) < 8
