"""What was stored when addresses were names is shown by today's rule, wherever it is read."""

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client

from hubbub.chat.models import Message
from hubbub.chat.services import post
from hubbub.fanout.frame import read_texts
from hubbub.streams.selectors import event_find, history_open, history_page, recovery_open

ADDRESS = "ada@example.org"


@pytest.fixture
def stored(transactional_db):
    """A message of user 7, stored under an address as by an earlier version."""
    post(room="old", message="hi", username="ada", user_id=7)
    post(room="old", message="hi", username="anybody@example.org")
    Message.objects.filter(seq=1).update(username=ADDRESS)


def read_everywhere():
    yield history_open(stream="chat:old", limit=5)[0]
    yield recovery_open(stream="chat:old", since=0, epoch=None)[0]
    yield event_find(stream="chat:old", seq=1)
    yield json.dumps(
        [json.loads(bytes(one)) for one in history_page(stream="chat:old", limit=5).messages]
    )


def test_an_address_is_told_nowhere(stored):
    for told in read_everywhere():
        text = told if isinstance(told, str) else "".join(read_texts(told))
        assert '"User 7"' in text
        assert ADDRESS not in text


def test_nor_in_the_admin(stored):
    User.objects.create_superuser("root", password="x")
    client = Client()
    client.force_login(User.objects.get())
    row = Message.objects.get(seq=1)
    for path in ("", f"{row.pk}/change/"):
        page = client.get(f"/admin/hubbub_chat/message/{path}").content.decode()
        assert "User 7" in page
        assert ADDRESS not in page


def test_who_asks_for_addresses_has_them(stored, settings):
    settings.HUBBUB_SHOWN_NAME = "email"
    for told in read_everywhere():
        assert ADDRESS in (told if isinstance(told, str) else "".join(read_texts(told)))


def test_a_publisher_s_address_of_a_user_is_not_even_stored(transactional_db):
    post(room="new", message="hi", username=ADDRESS, user_id=7)
    assert Message.objects.get().username == "User 7"


def test_a_key_that_is_an_address_is_left_out(transactional_db):
    post(room="old", message="hi", username="ada", user_id=ADDRESS)
    (message,) = history_page(stream="chat:old", limit=5).messages
    assert json.loads(bytes(message)).get("user_id") is None
    assert ADDRESS not in "".join(read_texts(event_find(stream="chat:old", seq=1)))
