"""Every call of chat with HUBBUB_CHAT_STORE off: a right answer, or a refusal with a code.

In the room something was stored before that was switched off.
"""

from __future__ import annotations

import io

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from hubbub.accounts.tokens import token_create
from hubbub.chat import services as chat
from hubbub.chat.members import member_remove, member_save, room_save
from hubbub.chat.models import Message, Sanction
from hubbub.chat.sanctions import user_ban, user_kick, user_mute, user_pardon
from hubbub.journal.models import Stream
from hubbub.testing import Goodbye, Member
from tests.admins import address, listed, run_action
from tests.streams.policies import PATH, book

ROLES = ("staff", "ada", "bob")
#: The frame, who may ask for it, and what it is answered with; None is nothing.
ASKED = {
    "say": ({"type": "chat_message", "message": "a", "id": "c-1"}, ROLES, "ack"),
    "history": ({"type": "history"}, ROLES, "history"),
    "presence": ({"type": "presence"}, ROLES, "presence"),
    "ping": ({"type": "ping"}, ROLES, "pong"),
    "mute": ({"type": "mute", "user_id": "bob"}, ("staff",), "moderated"),
    "unmute": ({"type": "unmute", "user_id": "bob"}, ("staff",), "moderated"),
    "ban": ({"type": "ban", "user_id": "bob"}, ("staff",), "moderated"),
    "unban": ({"type": "unban", "user_id": "bob"}, ("staff",), "moderated"),
    "kick": ({"type": "kick", "user_id": "bob"}, ("staff",), "moderated"),
    "edit": ({"type": "edit", "seq": 1, "message": "b", "id": "c-2"}, (), "not_found"),
    "delete": ({"type": "delete", "seq": 1, "id": "c-3"}, (), "not_found"),
}
#: Method, path, body, and the status and the sentence.
CALLED = {
    "rooms": ("get", "rooms/", None, (200, "Nothing is kept")),
    "read": ("get", "{room}/messages/", None, (200, "Nothing is kept")),
    "post": ("post", "{room}/messages/", {"message": "a", "id": "c-4"}, (200, "Message sent")),
    "edit": ("patch", "{room}/messages/1/", {"message": "b"}, (404, "Not found")),
    "delete": ("delete", "{room}/messages/1/", None, (404, "Not found")),
    "presence": ("get", "{room}/presence/", None, (200, "Presence")),
    "sanctions": ("get", "{room}/sanctions/", None, (200, "Sanctions")),
    "members": ("get", "{room}/members/", None, (200, "Members")),
}
OF_STAFF = ("sanctions", "members")
OF_ALL = ("say", "history", "presence", "ping")


@pytest.fixture(autouse=True)
def unstored(settings, transactional_db):
    settings.ROOT_URLCONF = "tests.testing.urls"
    settings.HUBBUB_RATE_LIMIT = None
    chat.post(room="lobby", message="stored before", user_id=1)
    settings.HUBBUB_CHAT_STORE = False


@pytest.fixture
def people():
    make = get_user_model().objects.create_user
    return {name: make(name, is_staff=name == "staff") for name in ROLES}


@pytest.fixture
def lobby(request):
    """Comes into the lobby, by its own socket or by the one for many, and asks for something."""
    return OwnSocket if request.param == "own" else OneOfMany


class OwnSocket:
    """A member of the lobby."""

    extra: dict[str, str] = {}  # noqa: RUF012 - the same for all

    def __init__(self, user=None):
        self.member = Member("/ws/chat/lobby/", user=user, subprotocols=["hubbub.v1"])

    def __enter__(self):
        self.hears = self.member.__enter__()
        self.come_in()
        return self

    def __exit__(self, *error):
        return self.member.__exit__(*error)

    def come_in(self):
        pass

    def ask(self, frame, *kinds):
        self.hears.say(**frame, **(self.extra if frame["type"] != "ping" else {}))
        while True:
            answer = self.hears.hear()
            if answer["type"] in {*kinds, "error"}:
                return answer

    def hear_end(self):
        """What it is told when it may be there no more."""
        assert self.hears.hear_until(type="error")["code"] == "forbidden"
        assert self.hears.hear_goodbye() == Goodbye(4403, "not allowed")


class OneOfMany(OwnSocket):
    """A member of the lobby, among other streams."""

    extra = {"stream": "chat:lobby"}  # noqa: RUF012 - as above

    def __init__(self, user=None):
        self.member = Member("/ws/", user=user, subprotocols=["hubbub.v1"])

    def come_in(self):
        told = self.ask({"type": "subscribe", "id": "s"}, "subscribed")
        assert {key: told[key] for key in ("seq", "epoch", "id")} == {
            "seq": 0,
            "epoch": "none",
            "id": "s",
        }

    def hear_end(self):
        assert self.hears.hear_until(type="unsubscribed")["code"] == "forbidden"
        assert self.ask({"type": "typing"})["code"] == "not_subscribed"


@pytest.mark.parametrize("lobby", ["own", "many"], indirect=True)
@pytest.mark.parametrize("name", [None, *ROLES])
def test_on_the_sockets(lobby, people, name):
    with lobby(people.get(name)) as me:
        for call, (frame, may, expected) in ASKED.items():
            whom = {"user_id": people["bob"].pk} if "user_id" in frame else {}
            answer = me.ask(frame | whom, expected)
            if expected == "not_found":
                assert (answer["code"], answer["id"]) == ("not_found", frame["id"]), call
            elif name in may or call in OF_ALL:
                assert answer["type"] == expected, call
            else:
                assert answer["code"] == "forbidden", call
    assert [(row.seq, row.message) for row in Message.objects.all()] == [(1, "stored before")]
    assert Stream.objects.get().last_seq == 1


@pytest.mark.parametrize("name", [None, *ROLES])
def test_over_http(people, name):
    client = Client(headers=bearer(people.get(name)))
    for call, (method, path, body, expected) in CALLED.items():
        given = {"data": body, "content_type": "application/json"} if body else {}
        answer = getattr(client, method)(f"/api/chat/{path.format(room='lobby')}", **given)
        told = (answer.status_code, answer.json()["message"])
        if name is None and call in {*OF_STAFF, "edit", "delete"}:
            assert told == (401, "Authentication required"), call
        elif call in OF_STAFF and name != "staff":
            assert told == (403, "Not allowed"), call
        else:
            assert told == expected, call
    assert client.get("/api/chat/rooms/").json()["data"] == {"rooms": [], "more": False}
    page = client.get("/api/chat/lobby/messages/?after=0").json()["data"]
    assert (page["messages"], page["seq"], page["first"], page["more"]) == ([], 0, 1, False)
    assert Message.objects.count() == 1


def bearer(user):
    return {} if user is None else {"Authorization": f"Bearer {token_create(user=user)}"}


@pytest.mark.parametrize("lobby", ["own", "many"], indirect=True)
def test_others_hear_what_is_said_and_typed_and_who_comes(lobby, people):
    with lobby(people["ada"]) as ada, lobby(people["bob"]) as bob:
        assert ada.hears.hear_until(event="user_joined")["username"] == "bob"
        bob.hears.say(type="typing", **bob.extra)
        assert ada.hears.hear_until(type="typing")["username"] == "bob"
        bob.ask({"type": "chat_message", "message": "hi", "id": "c-1"}, "ack")
        said = ada.hears.hear_until(type="chat_message")
        assert (said["message"], said["user_id"]) == ("hi", people["bob"].pk)
        assert "seq" not in said
        assert ada.ask({"type": "presence"}, "presence")["count"] == 2


@pytest.mark.parametrize("lobby", ["own", "many"], indirect=True)
@pytest.mark.parametrize("take", [user_ban, user_kick])
def test_who_is_sent_away_goes_and_hears_no_more(lobby, people, take):
    with lobby(people["ada"]) as ada, lobby(people["bob"]) as bob:
        ada.hears.hear_until(event="user_joined")
        take(user_id=people["bob"].pk, room="lobby")
        bob.hear_end()
        assert ada.hears.hear_until(event="user_left")["username"] == "bob"
        heard = len(bob.hears.heard)
        ada.ask({"type": "chat_message", "message": "he is gone", "id": "c-1"}, "ack")
        assert len(bob.hears.heard) == heard
    assert Sanction.objects.get().name == "lobby"


@pytest.mark.parametrize("lobby", ["own", "many"], indirect=True)
def test_a_muted_one_hears_and_says_nothing(lobby, people):
    bob = people["bob"]
    user_mute(user_id=bob.pk, room="lobby")
    with lobby(people["ada"]) as ada, lobby(bob) as his:
        for frame in ({"type": "chat_message", "message": "no", "id": "c-1"}, {"type": "typing"}):
            refused = his.ask(frame)
            assert (refused["code"], refused["until"]) == ("forbidden", None)
        client = Client(headers=bearer(bob))
        answer = client.post(
            "/api/chat/lobby/messages/", {"message": "no"}, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["until"]) == (403, None)
        ada.ask({"type": "chat_message", "message": "first", "id": "c-2"}, "ack")
        assert his.hears.hear_until(type="chat_message")["message"] == "first"
        user_pardon(user_id=bob.pk, room="lobby", action="mute")
        answer = client.post(
            "/api/chat/lobby/messages/", {"message": "yes"}, content_type="application/json"
        )
        assert answer.status_code == 200
        assert ada.hears.hear_until(type="chat_message", message="yes")["username"] == "bob"


@pytest.mark.parametrize("right", ["enter", "read", "send", "begin"])
@pytest.mark.parametrize("lobby", ["own", "many"], indirect=True)
def test_a_policy_is_asked_as_where_all_is_stored(lobby, people, settings, right):
    settings.HUBBUB_CHAT_POLICY = PATH + "Booked"
    book.__init__()
    book.no = {right}
    client = Client(headers=bearer(people["ada"]))
    path = "/api/chat/lobby/messages/"
    answers = [
        client.get(path).status_code,
        client.post(path, {"message": "a"}, content_type="application/json").status_code,
        client.get("/api/chat/lobby/presence/").status_code,
    ]
    expected = {"enter": [403] * 3, "read": [403, 200, 200]}
    assert answers == expected.get(right, [200, 403, 200])
    if right == "enter":
        member = Member("/ws/chat/lobby/?history=5", user=people["ada"])
        with member as hers:
            assert hers.hear()["code"] == "forbidden"
            assert hers.hear_goodbye() == Goodbye(4403, "not allowed")
        return
    with lobby(people["ada"]) as ada:
        refused = {"read": {"type": "history"}}.get(
            right, {"type": "chat_message", "message": "no", "id": "c-1"}
        )
        assert ada.ask(refused, "ack", "history")["code"] == "forbidden"
        assert ada.ask({"type": "presence"}, "presence")["type"] == "presence"


@pytest.mark.parametrize("lobby", ["own", "many"], indirect=True)
def test_a_membership_that_ends_ends_it(lobby, people, settings):
    settings.HUBBUB_CHAT_POLICY = "hubbub.chat.policies.Members"
    room_save(name="lobby", access="hidden")
    member_save(room="lobby", user_id=people["bob"].pk)
    with lobby(people["bob"]) as bob:
        member_remove(room="lobby", user_id=people["bob"].pk)
        bob.hear_end()


def test_what_was_stored_before_can_be_looked_at_deleted_and_pruned(admin_client, settings):
    settings.ROOT_URLCONF = "tests.admins"
    settings.HUBBUB_CHAT_KEEP_MESSAGES = 1
    assert len(listed(admin_client, Message)) == len(listed(admin_client, Stream)) == 1
    stored = Message.objects.get()
    assert admin_client.get(address(Message, "change", stored.pk)).status_code == 200
    run_action(admin_client, Message, "delete_selected", [stored])
    stored.refresh_from_db()
    assert (stored.message, stored.deleted) == ("", True)
    call_command("hubbub_prune", stdout=io.StringIO())
    assert [row.deletes for row in Message.objects.all()] == [1]


def test_switched_on_again_the_numbers_go_on_where_they_stood(settings):
    chat.post(room="lobby", message="not stored")
    settings.HUBBUB_CHAT_STORE = True
    with Member("/ws/chat/lobby/?since=1") as back:
        assert back.hear()["missed"] == 0
        assert chat.post(room="lobby", message="stored").seq == 2
        assert back.hear()["message"] == "stored"


def test_the_checks_find_nothing_wrong():
    call_command("check", "--fail-level", "WARNING", stdout=io.StringIO())
