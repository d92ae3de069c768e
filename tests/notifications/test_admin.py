"""Notifications in the admin: found, looked at, and deleted for everyone."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubbub.journal.models import Stream
from hubbub.journal.read import extent
from hubbub.notifications import services
from hubbub.notifications.models import Notification, Reading
from hubbub.notifications.selectors import unread_count
from tests.admins import address, listed, run_action

pytestmark = pytest.mark.django_db(transaction=True)


def fill(*titles, user_id=None):
    for title in titles:
        services.send(title=title, message=f"about {title}", user_id=user_id)
    return list(Notification.objects.filter(title__in=titles).order_by("id"))


def test_the_newest_come_first_with_their_recipients(admin_client):
    fill("one")
    fill("two", user_id=7)
    rows = listed(admin_client, Notification)
    assert [row.split()[:3] for row in rows] == [["7", "1", "two"], ["everyone", "1", "one"]]


def test_they_are_found_by_recipient_and_text(admin_client):
    fill("red", "green", user_id=7)
    fill("blue", user_id=77)
    assert len(listed(admin_client, Notification, q="7")) == 2
    assert len(listed(admin_client, Notification, q="gre")) == 1
    assert len(listed(admin_client, Notification, q="about blue")) == 1


def test_a_long_list_has_pages_and_costs_no_query_a_row(admin_client):
    fill("one")
    listed(admin_client, Notification)
    with CaptureQueriesContext(connection) as few:
        listed(admin_client, Notification)
    fill(*map(str, range(70)))
    with CaptureQueriesContext(connection) as many:
        assert len(listed(admin_client, Notification)) == 50
    assert len(many) == len(few) < 8
    assert len(listed(admin_client, Notification, p=2)) == 21


def test_a_stream_leads_to_what_was_sent_in_it(admin_client):
    fill("one")
    fill("two", user_id=7)
    page = admin_client.get(address(Stream)).content.decode()
    for query, found in (("?name=7", "two"), ("?name=", "one")):
        link = address(Notification) + query
        assert f'"{link}"' in page
        assert found in admin_client.get(link).content.decode()


def test_inboxes_and_that_of_everyone_can_be_looked_at_alone(admin_client):
    fill("one")
    fill("two", user_id=7)
    Stream.objects.create(name="other:7", epoch="e")
    rows = listed(admin_client, Stream, endpoint="notifications")
    assert [row.split()[0] for row in rows] == ["everyone", "inbox:7"]


def test_nobody_adds_or_changes_one(admin_client):
    (row,) = fill("one")
    assert admin_client.get(address(Notification, "add")).status_code == 403
    assert admin_client.get(address(Notification, "change", row.pk)).status_code == 200
    body = {"title": "changed"}
    changed = admin_client.post(address(Notification, "change", row.pk), body)
    assert changed.status_code == 403


def test_deleting_takes_the_text_and_leaves_an_event(admin_client, admin_user):
    first, _ = fill("one", "two")
    services.read(user_id=admin_user.pk, number=first.pk)
    question = admin_client.get(address(Notification, "delete", first.pk)).content.decode()
    assert "everyone 1: one" in question
    assert "reading" not in question.lower()
    admin_client.post(address(Notification, "delete", first.pk), {"post": "yes"})
    first.refresh_from_db()
    assert (first.title, first.message, first.deleted) == ("", "", True)
    assert extent("everyone").last_seq == 3
    assert Notification.objects.get(seq=3).deletes == first.pk
    assert Reading.objects.count() == 1
    assert unread_count(inbox="8") == 1
    assert len(listed(admin_client, Notification)) == 2


def test_many_are_deleted_at_once_each_one_once(admin_client):
    rows = fill("one", "two", "three")
    run_action(admin_client, Notification, "delete_selected", rows[:2])
    run_action(admin_client, Notification, "delete_selected", rows)
    assert not Notification.objects.filter(deletes=None, deleted=False).exists()
    assert extent("everyone").last_seq == 6


def test_without_djangos_permission_nobody_deletes(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("eve", is_staff=True))
    (row,) = fill("one")
    assert client.get(address(Notification)).status_code == 403
    client.post(address(Notification, "delete", row.pk), {"post": "yes"})
    row.refresh_from_db()
    assert not row.deleted


def test_that_something_was_read_is_not_listed(admin_client):
    (row,) = fill("one", user_id=7)
    services.read(user_id=7, number=row.pk)
    assert len(listed(admin_client, Notification)) == 1
