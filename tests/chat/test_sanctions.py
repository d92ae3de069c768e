"""Mutes, bans and kicks: what they take, from whom, until when, and who may."""

import asyncio
from datetime import timedelta
from threading import Thread

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from hubbub.accounts.caller import Caller as ApiCaller
from hubbub.chat import services as chat
from hubbub.chat.members import member_save, room_save
from hubbub.chat.models import Sanction
from hubbub.chat.rooms import find_room
from hubbub.chat.sanctioned import sanctioned
from hubbub.chat.sanctions import (
    apply_sanctions,
    asanction_lift,
    auser_ban,
    auser_kick,
    auser_mute,
    auser_pardon,
    sanction_lift,
    sanctions_changed,
    user_ban,
    user_kick,
    user_mute,
    users_sanctioned,
)
from hubbub.crossing import in_database
from hubbub.errors import InvalidFormatError, NotFoundError, UnknownUserError
from hubbub.streams.rights import OPEN
from hubbub.testing import Goodbye, Member
from tests.admins import address, listed, run_action
from tests.chat.test_members import FORBIDDEN, MEMBERS, Caller
from tests.streams.test_present import come_in, settled

LOBBY = "/ws/chat/lobby/"
BANNED = {"type": "error", "message": "Not allowed", "code": "forbidden", "until": None}


@pytest.fixture(autouse=True)
def paths(settings, transactional_db):
    settings.ROOT_URLCONF = "tests.testing.urls"
    settings.HUBBUB_RATE_LIMIT = None


@pytest.fixture
def people():
    """Ada and Bob, Eve, who is staff, and under `Members` Mia, who moderates the lobby."""
    make = get_user_model().objects.create_user
    people = {name: make(name, is_staff=name == "eve") for name in ("ada", "bob", "eve", "mia")}
    room_save(name="lobby")
    member_save(room="lobby", user_id=people["mia"].pk, role="moderator")
    return people


def soon(seconds=60):
    return timezone.now() + timedelta(seconds=seconds)


async def test_a_muted_one_hears_and_may_say_nothing_until_it_may(people):
    ada = people["ada"]
    async with Member(LOBBY, user=ada) as hers, Member(LOBBY) as other:
        await come_in(hers)
        await come_in(other)
        until = soon()
        await auser_mute(user_id=ada.pk, room="lobby", until=until, reason="shouting")
        await settled()
        for request in ({"type": "chat_message", "message": "a", "id": "c-1"}, {"type": "typing"}):
            await hers.say(**request)
            refused = await hers.hear_until(type="error")
            assert refused["code"] == "forbidden"
            assert refused["until"] == until.isoformat(timespec="microseconds")
            assert refused.get("id") == request.get("id")
        answer = await asyncio.to_thread(post_as, ada, "lobby")
        assert (answer[0], answer[1]) == FORBIDDEN
        await other.say(type="chat_message", message="heard")
        assert (await hers.hear())["message"] == "heard"
        assert (await other.hear_until(type="chat_message"))["message"] == "heard"
        await auser_pardon(user_id=ada.pk, room="lobby", action="mute")
        await settled()
        await hers.say(type="chat_message", message="back")
        await hers.hear_until(message="back")
    assert (await asyncio.to_thread(post_as, ada, "lobby"))[0] == 200


def post_as(user, room):
    return Caller(user)("post", f"{room}/messages/", message="a")


async def test_a_mute_ends_by_itself(people):
    ada = people["ada"]
    async with Member(LOBBY, user=ada) as hers:
        await come_in(hers)
        await auser_mute(user_id=ada.pk, room="lobby", until=soon(0.6))
        await settled()
        await hers.say(type="chat_message", message="no")
        await hers.hear_until(type="error")
        answer = {"type": "error"}
        async with asyncio.timeout(10):
            while answer["type"] == "error":
                await asyncio.sleep(0.05)  # the loop has its timers in between
                await hers.say(type="chat_message", message="yes")
                answer = await hers.hear()
    assert (await asyncio.to_thread(post_as, ada, "lobby"))[0] == 200


async def test_a_banned_one_goes_everywhere_it_is_and_does_not_come_back(people):
    ada = people["ada"]
    await in_database(lambda: chat.post(room="lobby", message="before"))
    async with (
        Member(LOBBY, user=ada) as first,
        Member(LOBBY + "?history=10", user=ada) as second,
        Member("/ws/chat/kitchen/", user=ada) as elsewhere,
        Member(LOBBY, user=people["bob"]) as his,
    ):
        for one in (first, second, elsewhere, his):
            await come_in(one)
        await auser_ban(user_id=ada.pk, room="lobby")
        for one in (first, second):
            assert await one.hear_until(type="error") == BANNED
            assert await one.hear_goodbye() == Goodbye(4403, "not allowed")
        await his.hear_until(event="user_left", username="ada")
        await come_in(elsewhere)
    async with Member(LOBBY, user=ada) as again:
        assert await again.hear() == BANNED
        assert await again.hear_goodbye() == Goodbye(4403, "not allowed")
    ask = await in_database(Caller, ada)
    for path in ("lobby/messages/", "lobby/presence/"):
        assert (await asyncio.to_thread(ask, "get", path))[:2] == FORBIDDEN
    rooms = (await asyncio.to_thread(ask, "get", "rooms/"))[2]["rooms"]
    assert rooms == []
    async with Member(LOBBY) as nobody:
        await come_in(nobody)


async def test_a_ban_from_everywhere_is_one_from_every_room(people):
    ada = people["ada"]
    await in_database(lambda: chat.post(room="lobby", message="before"))
    async with Member(LOBBY, user=ada) as first, Member("/ws/chat/a/", user=ada) as second:
        await come_in(first)
        await come_in(second)
        ban = await auser_ban(user_id=ada.pk)
        assert (await first.hear_goodbye()).code == (await second.hear_goodbye()).code == 4403
    ask = await in_database(Caller, ada)
    assert (await asyncio.to_thread(ask, "get", "rooms/"))[2]["rooms"] == []
    await asanction_lift(number=ban.pk)
    assert len((await asyncio.to_thread(ask, "get", "rooms/"))[2]["rooms"]) == 1
    async with Member(LOBBY, user=ada) as again:
        await come_in(again)


async def test_a_kicked_one_goes_and_may_come_back(people):
    ada = people["ada"]
    async with Member(LOBBY, user=ada) as hers, Member("/ws/chat/a/", user=ada) as elsewhere:
        await come_in(hers)
        await come_in(elsewhere)
        await auser_kick(user_id=ada.pk, room="lobby", reason="enough")
        refused = await hers.hear_until(type="error")
        assert refused == {"type": "error", "message": "Not allowed", "code": "forbidden"}
        assert await hers.hear_goodbye() == Goodbye(4403, "not allowed")
        assert find_room("lobby") is None
        await come_in(elsewhere)
    async with Member(LOBBY, user=ada) as again:
        await come_in(again)


async def test_staff_and_moderators_are_banned_all_the_same(people, settings):
    settings.HUBBUB_CHAT_POLICY = MEMBERS
    for name in ("eve", "mia"):
        async with Member(LOBBY, user=people[name]) as member:
            await come_in(member)
            await auser_ban(user_id=people[name].pk, room="lobby")
            assert (await member.hear_goodbye()).code == 4403


async def test_what_another_process_has_stored_holds_within_the_setting_s_seconds(people, settings):
    settings.HUBBUB_PERMISSION_SECONDS = 1
    ada = people["ada"]

    def elsewhere():
        now = timezone.now()
        store_silently(Sanction(action="ban", name="lobby", user=str(ada.pk), changed=now))

    async with Member(LOBBY, user=ada) as hers, Member(LOBBY, user=people["bob"]) as his:
        await come_in(hers)
        await come_in(his)
        await in_database(elsewhere)
        assert (await hers.hear_goodbye()).code == 4403
        await come_in(his)


def store_silently(row):
    """Store a sanction of which nothing in this process is told."""
    QuerySet(Sanction).bulk_create([row])


@pytest.mark.parametrize("request_type", ["mute", "ban", "kick"])
async def test_who_moderates_does_it_on_the_socket(people, request_type):
    ada = people["ada"]
    async with Member(LOBBY, user=people["eve"]) as staff, Member(LOBBY, user=ada) as hers:
        await come_in(staff)
        await come_in(hers)
        await staff.say(type=request_type, user_id=ada.pk, seconds=60, reason="why", id="m-1")
        done = await staff.hear_until(type="moderated")
        assert (done["action"], done["user_id"], done["id"]) == (request_type, ada.pk, "m-1")
        stored = await in_database(Sanction.objects.get)
        assert (stored.reason, stored.author, stored.name) == (
            "why",
            str(people["eve"].pk),
            "lobby",
        )
        if request_type == "kick":
            assert done["until"] is None
        else:
            assert done["until"] == stored.until.isoformat(timespec="microseconds")
        if request_type == "mute":
            await settled()
            await hers.say(type="chat_message", message="no")
            assert (await hers.hear_until(type="error"))["until"] == done["until"]
        else:
            assert (await hers.hear_goodbye()).code == 4403
        if request_type != "kick":
            await staff.say(type=f"un{request_type}", user_id=ada.pk)
            assert (await staff.hear_until(action=f"un{request_type}"))["until"] is None
            assert (await in_database(Sanction.objects.get)).lifted_by == str(people["eve"].pk)


@pytest.mark.parametrize("name", ["ada", None])
async def test_who_does_not_moderate_may_not(people, name):
    async with Member(LOBBY, user=people.get(name)) as member:
        await come_in(member)
        for request_type in ("mute", "ban", "kick", "unmute", "unban"):
            await member.say(type=request_type, user_id=people["bob"].pk)
            assert (await member.hear_until(type="error"))["code"] == "forbidden"
    assert await in_database(Sanction.objects.count) == 0


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"user_id": 4711}, "unknown_user"),
        ({"user_id": None}, "invalid_format"),
        ({"user_id": True}, "invalid_format"),
        ({}, "invalid_format"),
        ({"user_id": 1, "seconds": 0}, "invalid_format"),
        ({"user_id": 1, "seconds": 315_360_001}, "invalid_format"),
        ({"user_id": 1, "reason": "a" * 501}, "invalid_format"),
        ({"user_id": 1, "id": ""}, "invalid_format"),
    ],
)
async def test_what_cannot_be_is_refused_on_the_socket(people, keys, code):
    async with Member(LOBBY, user=people["eve"]) as staff:
        await staff.say(type="ban", **keys)
        assert (await staff.hear_until(type="error"))["code"] == code
    assert await in_database(Sanction.objects.count) == 0


def test_a_moderator_does_it_to_members_and_staff_to_everybody(people, settings):
    settings.HUBBUB_CHAT_POLICY = MEMBERS
    mia, eve = Caller(people["mia"]), Caller(people["eve"])
    member_save(room="lobby", user_id=people["bob"].pk, role="owner")
    assert sanction(mia, people["ada"])[:2] == (200, "Done")
    assert sanction(mia, people["ada"], everywhere=True)[:2] == FORBIDDEN
    for name in ("mia", "bob", "eve"):
        assert sanction(mia, people[name])[:2] == FORBIDDEN
    assert sanction(eve, people["bob"])[0] == 200
    assert sanction(eve, people["ada"], everywhere=True)[2]["everywhere"] is True
    assert sanction(Caller(people["ada"]), people["mia"])[:2] == FORBIDDEN
    assert sanction(Caller(), people["mia"])[0] == 401


def sanction(ask, user, action="ban", **keys):
    return ask("post", "lobby/sanctions/", action=action, user_id=user.pk, **keys)


def test_over_http_all_is_listed_and_lifted(people):
    eve, ada = Caller(people["eve"]), people["ada"]
    told = sanction(eve, ada, "mute", seconds=60, reason="shouting")[2]
    assert (told["action"], told["username"], told["author"]) == ("mute", "ada", "eve")
    assert (told["reason"], told["everywhere"], told["lifted"]) == ("shouting", False, None)
    assert told["until"] > told["created"]
    user_ban(user_id=ada.pk)
    user_kick(user_id=ada.pk, room="lobby")
    user_kick(user_id=ada.pk, room="kitchen")
    page = eve("get", "lobby/sanctions/?limit=2")[2]
    assert [one["action"] for one in page["sanctions"]] == ["kick", "ban"]
    assert page["more"] is True
    before = page["sanctions"][-1]["id"]
    page = eve("get", f"lobby/sanctions/?before={before}")[2]
    assert (page["sanctions"], page["more"]) == ([told], False)
    assert eve("post", f"kitchen/sanctions/{told['id']}/lift/")[0] == 404
    assert eve("post", f"lobby/sanctions/{told['id']}/lift/")[2]["lifted"] is not None
    assert eve("post", f"lobby/sanctions/{told['id']}/lift/")[0] == 404
    assert eve("post", f"lobby/sanctions/{before}/lift/")[0] == 200
    assert Caller(ada)("post", "lobby/messages/", message="a")[0] == 200
    assert Caller(ada)("get", "lobby/sanctions/")[:2] == FORBIDDEN


def test_what_is_for_all_rooms_staff_alone_lifts(people, settings):
    settings.HUBBUB_CHAT_POLICY = MEMBERS
    ban = user_ban(user_id=people["ada"].pk)
    path = f"lobby/sanctions/{ban.pk}/lift/"
    assert Caller(people["mia"])("post", path)[:2] == FORBIDDEN
    assert Caller(people["eve"])("post", path)[0] == 200


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: user_mute(user_id=4711), UnknownUserError),
        (lambda: user_mute(user_id="nobody"), UnknownUserError),
        (lambda: user_ban(user_id=1, room="a b"), InvalidFormatError),
        (lambda: user_ban(user_id=1, until=timezone.now()), InvalidFormatError),
        (
            lambda: user_ban(user_id=1, until=timezone.now().replace(tzinfo=None)),
            InvalidFormatError,
        ),
        (lambda: user_kick(user_id=1, reason="a" * 501), InvalidFormatError),
        (lambda: user_kick(user_id=1, reason="\0"), InvalidFormatError),
        (lambda: sanction_lift(number=4711), NotFoundError),
    ],
)
def test_what_cannot_be_is_refused(call, error):
    with pytest.raises(error):
        call()


def test_the_longest_of_several_counts(people):
    ada = people["ada"]
    user_mute(user_id=ada.pk, room="lobby", until=soon(60))
    last = user_mute(user_id=ada.pk, until=soon(600))
    answer = Caller(ada).client.post(
        "/api/chat/lobby/messages/", {"message": "a"}, content_type="application/json"
    )
    assert answer.json() == {
        "status": "error",
        "message": "Not allowed",
        "until": last.until.isoformat(timespec="microseconds"),
    }


def test_the_admin_makes_them_lists_them_and_lifts_them(people, admin_client, settings):
    settings.ROOT_URLCONF = "tests.admins"
    form = {"action": "ban", "name": "lobby", "user": people["ada"].pk, "reason": "why"}
    assert admin_client.post(address(Sanction, "add"), form).status_code == 302
    (ban,) = Sanction.objects.all()
    assert (ban.user, ban.author != "") == (str(people["ada"].pk), True)
    assert [row.split()[:4] for row in listed(admin_client, Sanction)] == [
        ["ban", "ada", "lobby", "why"]
    ]
    for wrong in ({"user": 4711}, {"name": "a b"}, {"until_0": "2020-01-01", "until_1": "00:00"}):
        assert admin_client.post(address(Sanction, "add"), form | wrong).status_code == 200
    assert Sanction.objects.count() == 1
    run_action(admin_client, Sanction, "lift", [ban])
    ban.refresh_from_db()
    assert ban.lifted is not None
    assert (
        admin_client.post(address(Sanction, "delete", ban.pk), {"post": "yes"}).status_code == 403
    )


async def test_of_those_who_had_nothing_taken_no_table_is_asked(people, monkeypatch):
    ask = await in_database(Caller, people["bob"])
    await auser_ban(user_id=people["ada"].pk)
    assert (await asyncio.to_thread(ask, "get", "lobby/presence/"))[0] == 200
    monkeypatch.setattr("hubbub.chat.sanctions.in_force", None)
    for room in ("lobby", "kitchen"):
        async with Member(f"/ws/chat/{room}/", user=people["bob"]) as his:
            await come_in(his)
        assert (await asyncio.to_thread(ask, "get", f"{room}/presence/"))[0] == 200


async def test_where_too_many_are_sanctioned_each_is_asked_about(people, monkeypatch):
    monkeypatch.setattr("hubbub.chat.sanctioned.USERS", 1)
    for name in ("ada", "eve"):
        await auser_ban(user_id=people[name].pk, room="lobby")
    for name in ("bob", "ada", "eve"):
        async with Member(LOBBY, user=people[name]) as member:
            if name == "bob":
                await come_in(member)
            else:
                assert (await member.hear())["code"] == "forbidden"
    assert not sanctioned.spares(caller_from(people["bob"]))


def test_that_there_are_too_many_is_looked_up_once(people, monkeypatch):
    monkeypatch.setattr("hubbub.chat.sanctioned.USERS", 1)
    for name in ("ada", "eve"):
        user_ban(user_id=people[name].pk, room="lobby")
    looks = []
    monkeypatch.setattr(
        "hubbub.chat.sanctions.users_sanctioned",
        lambda most: looks.append(most) or users_sanctioned(most),
    )
    asked = [
        apply_sanctions(caller_from(people[name]), "lobby", OPEN).enter
        for name in ("ada", "bob", "eve", "mia")
    ]
    assert (asked, looks) == ([False, True, False, True], [2])


def caller_from(user):
    return ApiCaller(user.pk)


async def test_what_is_stored_while_it_is_looked_up_is_not_overlooked(people):
    ada = people["ada"]

    def look_and_ban():
        def ask(most):
            found = users_sanctioned(most)
            user_ban(user_id=ada.pk, room="lobby")
            return found

        sanctioned.forget()
        sanctioned.look(ask)

    await in_database(look_and_ban)
    assert not sanctioned.spares(caller_from(ada))
    async with Member(LOBBY, user=ada) as hers:
        assert await hers.hear() == BANNED


async def test_what_is_committed_after_a_look_is_not_overlooked(people):
    ada = people["ada"]

    def ban_slowly():
        with transaction.atomic():
            user_ban(user_id=ada.pk, room="lobby")
            before = Thread(
                target=sanctioned.look, args=[lambda _: []]
            )  # who sees nothing of it yet
            before.start()
            before.join()
            assert sanctioned.spares(caller_from(ada))

    await in_database(ban_slowly)
    assert not sanctioned.spares(caller_from(ada))


def test_what_another_process_has_changed_is_looked_up_anew(people):
    ada, since = people["ada"], timezone.now()
    sanctioned.look(users_sanctioned)
    assert sanctioned.spares(caller_from(ada))
    store_silently(Sanction(action="ban", user=str(ada.pk), changed=since))
    assert [change[:2] for change in sanctions_changed(since)] == [(None, ada.pk)]
    assert not sanctioned.spares(caller_from(ada))
