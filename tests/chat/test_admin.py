"""Messages in the admin: found, looked at, and deleted for everyone."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubbub.chat import services
from hubbub.chat.models import Message
from hubbub.journal.read import extent
from hubbub.streams.selectors import history_page
from tests.admins import address, listed, run_action

pytestmark = pytest.mark.django_db(transaction=True)


def fill(room: str, *texts: str) -> list[Message]:
    return [
        Message.objects.get(name=room, seq=services.post(room=room, message=text).seq)
        for text in texts
    ]


def test_the_newest_come_first(admin_client):
    fill("a", "one", "two")
    rows = listed(admin_client, Message)
    assert [row.split()[:4] for row in rows] == [
        ["a", "2", "Anonymous", "two"],
        ["a", "1", "Anonymous", "one"],
    ]


def test_messages_are_found_by_room_name_and_text(admin_client):
    fill("alpha", "red", "green")
    services.post(room="beta", message="blue", username="john")
    assert len(listed(admin_client, Message, q="alpha")) == 2
    assert len(listed(admin_client, Message, q="alpha red")) == 1
    assert len(listed(admin_client, Message, q="john")) == 1


def test_a_long_list_has_pages_and_costs_no_query_a_row(admin_client):
    fill("a", "one")
    listed(admin_client, Message)
    with CaptureQueriesContext(connection) as few:
        listed(admin_client, Message)
    fill("a", *map(str, range(70)))
    with CaptureQueriesContext(connection) as many:
        assert len(listed(admin_client, Message)) == 50
    assert len(many) == len(few) < 8
    assert len(listed(admin_client, Message, p=2)) == 21


def test_nobody_adds_or_changes_one(admin_client):
    (row,) = fill("a", "one")
    assert admin_client.get(address(Message, "add")).status_code == 403
    assert admin_client.get(address(Message, "change", row.pk)).status_code == 200
    body = {"message": "changed"}
    assert admin_client.post(address(Message, "change", row.pk), body).status_code == 403


def test_deleting_takes_the_text_and_leaves_an_event(admin_client):
    first, _ = fill("a", "one", "two")
    admin_client.post(address(Message, "delete", first.pk), {"post": "yes"})
    first.refresh_from_db()
    assert (first.message, first.deleted) == ("", True)
    assert extent("chat:a").last_seq == 3
    assert Message.objects.get(seq=3).deletes == 1
    assert len(listed(admin_client, Message)) == 2
    assert [
        b'"deleted":true' in bytes(raw) for raw in history_page(stream="chat:a", limit=9).messages
    ] == [
        True,
        False,
    ]


def test_many_are_deleted_at_once_each_one_once(admin_client):
    rows = fill("a", "one", "two", "three")
    run_action(admin_client, Message, "delete_selected", rows[:2])
    run_action(admin_client, Message, "delete_selected", rows)
    assert (
        list(Message.objects.filter(deletes=None).values_list("message", "deleted"))
        == [("", True)] * 3
    )
    assert extent("chat:a").last_seq == 6
    admin_client.post(address(Message, "delete", rows[0].pk), {"post": "yes"})
    assert extent("chat:a").last_seq == 6


def test_without_djangos_permission_nobody_deletes(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("eve", is_staff=True))
    (row,) = fill("a", "one")
    assert client.get(address(Message)).status_code == 403
    client.post(address(Message, "delete", row.pk), {"post": "yes"})
    row.refresh_from_db()
    assert not row.deleted
