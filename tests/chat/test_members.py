"""Rooms that are for some: who comes in, who is told of them, and how that changes."""

import asyncio

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import AsyncClient, Client

from hubbub.accounts.caller import ANONYMOUS
from hubbub.accounts.tokens import token_create
from hubbub.chat import seen
from hubbub.chat import services as chat
from hubbub.chat.members import (
    amember_remove,
    amember_save,
    aroom_delete,
    aroom_save,
    member_remove,
    member_save,
    room_delete,
    room_save,
)
from hubbub.chat.models import Membership, Message, Room
from hubbub.chat.sanctions import user_ban
from hubbub.crossing import in_database
from hubbub.errors import InvalidFormatError, NotFoundError, UnknownUserError
from hubbub.journal.models import Stream
from hubbub.testing import Goodbye, Member
from tests.admins import address, listed
from tests.streams.test_present import come_in, refused_after

MEMBERS = "hubbub.chat.policies.Members"
FORBIDDEN = (403, "Not allowed")


@pytest.fixture(autouse=True)
def members_only(settings, transactional_db):
    settings.HUBBUB_CHAT_POLICY = MEMBERS
    settings.ROOT_URLCONF = "tests.testing.urls"


@pytest.fixture
def people():
    """A member, a moderator, an owner, staff and a stranger; three rooms, with a message each."""
    make = get_user_model().objects.create_user
    people = {name: make(name, is_staff=name == "staff") for name in ROLES}
    for access in ("public", "members", "hidden"):
        room_save(name=access, access=access)
        for name in ("member", "moderator", "owner"):
            member_save(room=access, user_id=people[name].pk, role=name)
        chat.post(room=access, message="before")
    return people


ROLES = ("stranger", "member", "moderator", "owner", "staff")
#: Who may enter which room.
OPEN_TO = {
    "public": {None, *ROLES},
    "members": {"member", "moderator", "owner", "staff"},
    "hidden": {"member", "moderator", "owner"},
    "nowhere": set(),
}


class Caller:
    """Somebody over HTTP, by a token."""

    def __init__(self, user=None):
        self.headers = (
            {} if user is None else {"Authorization": f"Bearer {token_create(user=user)}"}
        )
        self.client = Client(headers=self.headers)

    def __call__(self, method, path, **body):
        rest = {"data": body, "content_type": "application/json"} if body else {}
        answer = getattr(self.client, method)(f"/api/chat/{path}", **rest)
        return answer.status_code, answer.json()["message"], answer.json().get("data")


def somebody(people, name):
    return Caller(people.get(name))


@pytest.mark.parametrize("name", [None, *ROLES])
@pytest.mark.parametrize("room", OPEN_TO)
def test_a_room_is_there_for_those_for_whom_it_is(people, room, name):
    ask = somebody(people, name)
    calls = [("get", f"{room}/messages/"), ("get", f"{room}/presence/")]
    expected = 200 if name in OPEN_TO[room] else 403
    assert [ask(*call)[0] for call in calls] == [expected] * 2
    assert ask("post", f"{room}/messages/", message="a")[0] == expected
    rooms = ask("get", "rooms/")[2]["rooms"]
    assert {one["name"] for one in rooms} == {one for one in OPEN_TO if name in OPEN_TO[one]}
    with Member(f"/ws/chat/{room}/", user=people.get(name)) as member:
        if expected == 200:
            member.say(type="presence")
            assert member.hear()["type"] == "presence"
        else:
            assert member.hear()["code"] == "forbidden"
            assert member.hear_goodbye() == Goodbye(4403, "not allowed")


def test_a_room_that_may_not_be_entered_answers_as_one_that_is_not_there(people):
    ask = somebody(people, "stranger")
    for method, rest, body in (
        ("get", "messages/", {}),
        ("post", "messages/", {"message": "a"}),
        ("get", "presence/", {}),
        ("get", "members/", {}),
        ("post", "members/", {"user_id": people["stranger"].pk}),
        ("delete", f"members/{people['member'].pk}/", {}),
        ("delete", f"members/{people['stranger'].pk}/", {}),
    ):
        answers = [
            ask(method, f"{room}/{rest}", **body) for room in ("members", "hidden", "nowhere")
        ]
        assert [answer[:2] for answer in answers] == [FORBIDDEN] * 3
    assert Stream.objects.filter(name="chat:nowhere").count() == 0


async def test_a_membership_that_ends_ends_the_connection_and_one_that_begins_lets_in(people):
    ada = people["member"]
    async with (
        Member("/ws/chat/hidden/", user=ada) as hers,
        Member("/ws/chat/hidden/", user=people["owner"]) as his,
    ):
        await come_in(hers)
        await come_in(his)
        await amember_remove(room="hidden", user_id=ada.pk)
        await refused_after(hers)
        await his.hear_until(event="user_left", username="member")
    await amember_save(room="hidden", user_id=ada.pk)
    async with Member("/ws/chat/hidden/", user=ada) as hers:
        await come_in(hers)


async def test_a_room_that_is_closed_sends_away_those_for_whom_it_is_no_more(people):
    async with (
        Member("/ws/chat/public/") as nobody,
        Member("/ws/chat/public/", user=people["staff"]) as staff,
        Member("/ws/chat/public/", user=people["member"]) as member,
    ):
        for one in (nobody, staff, member):
            await come_in(one)
        await aroom_save(name="public", access="members")
        await refused_after(nobody)
        await aroom_save(name="public", access="hidden")
        await refused_after(staff)
        await come_in(member)
        await aroom_delete(name="public")
        await refused_after(member)


async def test_what_is_rolled_back_changes_nothing(people):
    ada = people["member"]

    def try_to():
        with transaction.atomic():
            member_remove(room="hidden", user_id=ada.pk)
            transaction.set_rollback(True)

    async with Member("/ws/chat/hidden/", user=ada) as hers:
        await come_in(hers)
        await in_database(try_to)
        await hers.say(type="chat_message", message="still here")
        await hers.hear_until(message="still here")


async def test_over_http_it_holds_at_once_too(people):
    ask = await in_database(somebody, people, "member")
    assert (await asyncio.to_thread(ask, "get", "hidden/messages/"))[0] == 200
    await amember_remove(room="hidden", user_id=people["member"].pk)
    assert (await asyncio.to_thread(ask, "get", "hidden/messages/"))[0] == 403


def test_owners_and_moderators_say_who_is_a_member(people):
    new = people["stranger"].pk
    for name in ("moderator", "owner"):
        ask = somebody(people, name)
        told = (200, "Member saved", {"user_id": new, "role": "member"})
        assert ask("post", "hidden/members/", user_id=str(new)) == told
        assert somebody(people, "stranger")("get", "hidden/messages/")[0] == 200
        assert ask("delete", f"hidden/members/{new}/")[:2] == (200, "Member removed")
        assert somebody(people, "stranger")("get", "hidden/messages/")[0] == 403
    staff = somebody(people, "staff")
    assert staff("post", "members/members/", user_id=new)[0] == 200
    assert staff("post", "hidden/members/", user_id=new)[:2] == FORBIDDEN


def test_a_member_says_of_nobody_but_leaves(people):
    ask, own = somebody(people, "member"), people["member"].pk
    assert ask("get", "hidden/members/")[:2] == FORBIDDEN
    assert ask("post", "hidden/members/", user_id=own, role="owner")[:2] == FORBIDDEN
    assert ask("delete", f"hidden/members/{people['owner'].pk}/")[:2] == FORBIDDEN
    assert ask("delete", f"hidden/members/{own}/")[0] == 200
    assert ask("delete", f"hidden/members/{own}/")[:2] == FORBIDDEN


def test_a_moderator_makes_no_moderators_and_removes_none(people):
    ask = somebody(people, "moderator")
    stranger, owner = people["stranger"].pk, people["owner"].pk
    for role in ("moderator", "owner"):
        assert ask("post", "hidden/members/", user_id=stranger, role=role)[:2] == FORBIDDEN
    assert ask("post", "hidden/members/", user_id=owner, role="member")[:2] == FORBIDDEN
    assert ask("delete", f"hidden/members/{owner}/")[:2] == FORBIDDEN
    assert (
        somebody(people, "owner")("post", "hidden/members/", user_id=stranger, role="moderator")[0]
        == 200
    )


def test_the_members_are_listed_page_by_page_to_those_who_moderate(people):
    ask = somebody(people, "owner")
    page = ask("get", "hidden/members/?limit=2")[2]
    assert [(one["username"], one["role"]) for one in page["members"]] == [
        ("member", "member"),
        ("moderator", "moderator"),
    ]
    page = ask("get", f"hidden/members/?limit=2&after={page['next']}")[2]
    assert [one["username"] for one in page["members"]] == ["owner"]
    assert page["next"] is None
    assert page["members"][0]["user_id"] == people["owner"].pk


def test_staff_makes_rooms(people):
    staff = somebody(people, "staff")
    owner = people["owner"].pk
    made = staff("post", "new/access/", access="hidden", owner=owner)
    assert made == (200, "Room saved", {"name": "new", "access": "hidden"})
    assert somebody(people, "owner")("get", "new/messages/")[0] == 200
    assert somebody(people, "owner")("post", "mine/access/", access="public")[:2] == FORBIDDEN
    assert somebody(people, None)("post", "mine/access/", access="public")[0] == 401
    assert staff("post", "a%20b/access/", access="public")[0] == 404
    assert staff("post", "new/access/", access="secret")[0] == 400


def test_a_room_whose_owner_is_nobody_is_not_made(people):
    ask = Client(headers=somebody(people, "staff").headers)
    for owner in (4711, "nobody", 2**70):
        body = {"access": "hidden", "owner": owner}
        answer = ask.post("/api/chat/new/access/", body, content_type="application/json").json()
        assert (answer["message"], answer["field"]) == ("No such user", "owner")
        assert answer["unknown"] == [owner]
    assert not Room.objects.filter(name="new").exists()


@pytest.mark.parametrize("name", ["moderator", "owner", "staff"])
@pytest.mark.parametrize("user_id", [4711, "nobody", 2**63, -(2**70), "9" * 400])
def test_a_member_that_is_nobody_is_named(people, name, user_id):
    ask = somebody(people, name)
    assert ask("post", "members/members/", user_id=user_id)[:2] == (400, "No such user")
    assert Membership.objects.count() == 9


def test_one_leaves_by_whatever_text_is_its_key(people):
    own = people["member"].pk
    assert somebody(people, "member")("delete", f"hidden/members/0{own}/")[0] == 200


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: member_save(room="nowhere", user_id=1), NotFoundError),
        (lambda: member_save(room="hidden", user_id=4711), UnknownUserError),
        (lambda: member_save(room="hidden", user_id="nobody"), UnknownUserError),
        (lambda: member_save(room="hidden", user_id=1, role="king"), InvalidFormatError),
        (lambda: member_remove(room="hidden", user_id=4711), NotFoundError),
        (lambda: room_save(name="a b"), InvalidFormatError),
        (lambda: room_save(name="a", access="secret"), InvalidFormatError),
        (lambda: room_delete(name="nowhere"), NotFoundError),
    ],
)
def test_what_cannot_be_is_refused(people, call, error):
    with pytest.raises(error):
        call()


def test_a_user_s_memberships_end_with_the_user(people):
    people["member"].delete()
    assert Membership.objects.count() == 6


def test_the_admin_shows_an_account_what_it_may_read(people):
    staff = people["staff"]
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(staff)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.ROOT_URLCONF", "tests.admins")
        assert {row.split()[0] for row in listed(client, Message)} == {"public", "members"}
        assert {row.split()[0] for row in listed(client, Room)} == {"public", "members"}
        assert {row.split()[0] for row in listed(client, Stream)} == {"chat:public", "chat:members"}
        hidden = Message.objects.get(name="hidden").pk
        assert client.get(address(Message, "change", hidden)).status_code == 302
        staff.is_superuser = True
        staff.save()
        assert len(listed(client, Message)) == len(listed(client, Stream)) == 3


def test_the_admin_shows_a_banned_account_nothing_of_where_it_is_banned(people, settings):
    settings.HUBBUB_CHAT_POLICY = "hubbub.chat.policies.Anyone"
    settings.ROOT_URLCONF = "tests.admins"
    staff, client = people["staff"], Client()
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(staff)
    assert len(listed(client, Message)) == 3
    user_ban(user_id=staff.pk, room="public")
    assert {row.split()[0] for row in listed(client, Message)} == {"members", "hidden"}
    user_ban(user_id=staff.pk)
    assert listed(client, Message) == []


@pytest.mark.parametrize(
    "policy", ["hubbub.chat.policies.Members", "tests.streams.policies.Vowels"]
)
def test_the_admin_looks_at_so_many_rooms(people, settings, monkeypatch, policy):
    settings.HUBBUB_CHAT_POLICY = policy
    monkeypatch.setattr("hubbub.streams.seen.STREAMS", 2)
    for name in "aei":
        room_save(name=name)
    assert seen.seen_by(ANONYMOUS).names == ["a", "e"]


def test_members_are_made_in_the_admin_by_their_keys(people, admin_client, settings):
    settings.ROOT_URLCONF = "tests.admins"
    room = Room.objects.get(name="hidden")
    form = {
        "name": "hidden",
        "access": "hidden",
        "memberships-TOTAL_FORMS": "4",
        "memberships-INITIAL_FORMS": "3",
        "memberships-3-user": str(people["stranger"].pk),
        "memberships-3-role": "member",
    }
    for number, member in enumerate(room.memberships.order_by("pk")):
        form |= {
            f"memberships-{number}-id": str(member.pk),
            f"memberships-{number}-user": member.user,
            f"memberships-{number}-role": member.role,
        }
    page = admin_client.post(address(Room, "change", room.pk), form)
    assert page.status_code == 302
    assert room.memberships.filter(user=str(people["stranger"].pk)).count() == 1
    page = admin_client.post(
        address(Room, "change", room.pk), form | {"memberships-3-user": "4711"}
    )
    assert "No such user" in page.content.decode()


async def test_async_code_has_the_same(people):
    assert (await AsyncClient().get("/api/chat/nowhere/messages/")).status_code == 403
    await aroom_save(name="nowhere")
    assert (await AsyncClient().get("/api/chat/nowhere/messages/")).status_code == 200
