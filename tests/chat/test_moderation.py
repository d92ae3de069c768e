"""Who gives back what was taken, what is sent twice, and what is done at once."""

import asyncio
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connections
from django.db.models import QuerySet
from django.utils.timezone import now

from hubbub.accounts.caller import Caller as ApiCaller
from hubbub.chat.members import member_save, room_save
from hubbub.chat.models import Membership, Sanction
from hubbub.chat.moderation import Wish, pardon_wished, sanction_wished
from hubbub.chat.sanctions import auser_mute, in_force, user_ban, user_mute
from hubbub.crossing import in_database
from hubbub.errors import IdConflictError
from hubbub.streams.permissions import Policy
from hubbub.streams.present import presents
from hubbub.testing import Member
from tests.chat.test_members import FORBIDDEN, MEMBERS, Caller
from tests.chat.test_sanctions import store_silently
from tests.streams.test_present import come_in, refused_after, settled

LOBBY = "/ws/chat/lobby/"


@pytest.fixture(autouse=True)
def members_only(settings, transactional_db):
    settings.HUBBUB_CHAT_POLICY = MEMBERS
    settings.ROOT_URLCONF = "tests.testing.urls"


@pytest.fixture
def people():
    """Ada, two who moderate the lobby, one who owns it, and one who is staff."""
    make = get_user_model().objects.create_user
    people = {name: make(name, is_staff=name == "eve") for name in ("ada", *ROLES, "eve")}
    room_save(name="lobby")
    for name, role in ROLES.items():
        member_save(room="lobby", user_id=people[name].pk, role=role)
    return people


ROLES = {"mia": "moderator", "moe": "moderator", "olga": "owner"}


def lift(ask, sanction):
    return ask("post", f"lobby/sanctions/{sanction.pk}/lift/")


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("take", [user_mute, user_ban])
async def test_what_staff_took_from_one_who_moderates_staff_alone_gives_back(people, who, take):
    mia = people["mia"]
    taken = await in_database(lambda: take(user_id=mia.pk, room="lobby"))
    ask = await in_database(Caller, people[who])
    assert (await asyncio.to_thread(lift, ask, taken))[:2] == FORBIDDEN
    async with Member(LOBBY, user=people[who]) as member:
        if who == "mia" and take is user_ban:
            await refused_after(member)
        else:
            await member.say(type=f"un{taken.action}", user_id=mia.pk, id="m-1")
            refused = await member.hear_until(type="error")
            assert (refused["code"], refused["id"]) == ("forbidden", "m-1")
    async with Member(LOBBY, user=people["eve"]) as staff:
        await staff.say(type=f"un{taken.action}", user_id=mia.pk)
        await staff.hear_until(type="moderated")
    assert await in_database(lambda: Sanction.objects.filter(lifted=None).count()) == 0


class Mias(Policy):
    """Mia moderates, and nobody else, staff neither."""

    def may_moderate(self, caller, name):
        return caller.username == "mia"


def test_staff_is_not_for_others_to_moderate_also_where_it_moderates_nothing(people, settings):
    settings.HUBBUB_CHAT_POLICY = f"{__name__}.Mias"
    ask = Caller(people["mia"])
    for name, expected in (("eve", FORBIDDEN), ("mia", FORBIDDEN), ("olga", (200, "Done"))):
        answer = ask("post", "lobby/sanctions/", action="mute", user_id=people[name].pk)
        assert answer[:2] == expected


def test_who_moderates_gives_back_what_was_taken_from_others(people):
    ban = user_ban(user_id=people["ada"].pk, room="lobby")
    gone = user_ban(user_id=people["eve"].pk, room="lobby")
    people["eve"].delete()
    ask = Caller(people["mia"])
    assert lift(ask, ban)[0] == lift(ask, gone)[0] == 200


@pytest.mark.parametrize("action", ["mute", "ban", "kick"])
async def test_sent_again_under_its_id_it_is_done_once(people, action):
    ada = people["ada"]
    async with Member(LOBBY, user=people["mia"]) as mia:
        answers = []
        for _ in range(2):
            await mia.say(type=action, user_id=ada.pk, seconds=60, reason="why", id="m-1")
            answers.append(await mia.hear_until(type="moderated"))
        assert answers[0] == answers[1]
        await mia.say(type=action, user_id=people["eve"].pk, id="m-1")
        assert (await mia.hear_until(type="error"))["code"] == "forbidden"
        for other in ({"type": "mute" if action != "mute" else "ban"}, {"reason": "other"}):
            wish = {"type": action, "user_id": ada.pk, "seconds": 60, "reason": "why"} | other
            await mia.say(id="m-1", **wish)
            assert (await mia.hear_until(type="error"))["code"] == "id_conflict"
    assert await in_database(Sanction.objects.count) == 1


async def test_one_who_was_kicked_and_came_back_is_not_kicked_by_the_same_request(people):
    async with Member(LOBBY, user=people["mia"]) as mia:
        kick = {"type": "kick", "user_id": people["ada"].pk, "id": "m-1"}
        async with Member(LOBBY, user=people["ada"]) as ada:
            await come_in(ada)
            await mia.say(**kick)
            await refused_after(ada)
        async with Member(LOBBY, user=people["ada"]) as ada:
            await come_in(ada)
            await mia.say(**kick)
            await mia.hear_until(type="moderated")
            await come_in(ada)


@pytest.mark.parametrize("take", [user_mute, user_ban])
@pytest.mark.parametrize("before", [0, 2])
async def test_given_back_again_under_its_id_nothing_ends_that_was_taken_later(
    people, take, before
):
    ada, action = people["ada"], take.__name__.removeprefix("user_")
    pardon = {"type": f"un{action}", "user_id": ada.pk, "id": "m-1"}
    async with Member(LOBBY, user=people["mia"]) as mia:
        for _ in range(before):
            await in_database(lambda: take(user_id=ada.pk, room="lobby"))
        await mia.say(**pardon)
        first = await mia.hear_until(type="moderated")
        assert await in_database(in_force_count) == 0
        await in_database(lambda: take(user_id=ada.pk, room="lobby"))
        await mia.say(**pardon)
        assert await mia.hear_until(type="moderated") == first
        assert await in_database(in_force_count) == 1
        await mia.say(**pardon | {"type": action})
        assert (await mia.hear_until(type="error"))["code"] == "id_conflict"
        await mia.say(**pardon | {"id": "m-2"})
        await mia.hear_until(type="moderated")
        assert await in_database(in_force_count) == 0
    page = await in_database(lambda: Caller(people["mia"])("get", "lobby/sanctions/"))
    assert [one["action"] for one in page[2]["sanctions"]] == [action] * (before + 1)


def in_force_count():
    return in_force().count()


def test_over_http_an_id_is_one_of_its_room_and_its_author(people):
    body = {"action": "mute", "user_id": people["ada"].pk, "seconds": 60, "id": "m-1"}
    room_save(name="kitchen")
    eve = Caller(people["eve"])
    first = eve("post", "lobby/sanctions/", **body)
    assert eve("post", "lobby/sanctions/", **body) == first
    assert eve("post", "lobby/sanctions/", **body | {"seconds": 61})[:2] == (
        400,
        IdConflictError.sentence,
    )
    assert eve("post", "kitchen/sanctions/", **body)[2]["id"] != first[2]["id"]
    assert Caller(people["mia"])("post", "lobby/sanctions/", **body)[2]["id"] != first[2]["id"]
    assert Sanction.objects.count() == 3
    for wrong in ("", "a" * 65, "\0"):
        assert eve("post", "lobby/sanctions/", **body | {"id": wrong})[0] == 400


@pytest.mark.parametrize(
    "wrong", [{"user_id": True}, {"user_id": 1.5}, {"seconds": True}, {"everywhere": "yes"}]
)
def test_what_is_of_another_type_is_refused_over_http_as_on_the_socket(people, wrong):
    eve, ada = Caller(people["eve"]), people["ada"].pk
    body = {"action": "ban", "user_id": ada, "seconds": 60} | wrong
    assert eve("post", "lobby/sanctions/", **body)[:2] == (400, "Invalid message format")
    if "user_id" in wrong:
        assert eve("post", "lobby/members/", **wrong)[:2] == (400, "Invalid message format")
        assert eve("post", "new/access/", owner=wrong["user_id"])[0] == 400
    assert Sanction.objects.count() == 0
    assert Membership.objects.count() == len(ROLES)


def test_over_http_a_whole_number_is_one_with_a_point_too(people):
    eve, ada = Caller(people["eve"]), float(people["ada"].pk)
    muted = eve("post", "lobby/sanctions/", action="mute", user_id=ada, seconds=60.0)
    assert (muted[0], muted[2]["user_id"]) == (200, people["ada"].pk)
    saved = eve("post", "lobby/members/", user_id=ada)
    assert (saved[0], saved[2]["user_id"]) == (200, people["ada"].pk)
    assert eve("post", "new/access/", owner=ada)[0] == 200


@pytest.mark.parametrize("action", ["ban", "unban"])
def test_sent_twice_at_once_it_is_stored_once(people, action):
    wish = Wish(action, people["ada"].pk, id="m-1")
    do = sanction_wished if action == "ban" else pardon_wished
    barrier, done = Barrier(4), []

    def do_at_once():
        barrier.wait()
        try:
            done.append(do(ApiCaller(people["mia"].pk), "lobby", wish))
        except (IdConflictError, DatabaseError) as error:
            done.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=do_at_once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [Sanction.objects.get() if action == "ban" else None] * 4


@pytest.mark.parametrize("policy", [MEMBERS, "hubbub.chat.policies.Anyone"])
async def test_a_kick_of_another_process_sends_away_those_who_came_before_it(
    people, settings, policy
):
    settings.HUBBUB_CHAT_POLICY = policy
    ada = people["ada"]
    async with Member(LOBBY, user=ada) as before, Member(LOBBY, user=people["mia"]) as mia:
        await come_in(before)
        await come_in(mia)
        await in_database(kick_elsewhere, ada)
        async with Member(LOBBY, user=ada) as after:
            await come_in(after)
            for one in presents.alive():
                one._tick()
            await refused_after(before)
            for one in presents.alive():
                one._tick()
            await come_in(after)
        await come_in(mia)


def kick_elsewhere(user):
    """Store a kick that nobody in this process is told of."""
    store_silently(Sanction(action="kick", name="lobby", user=str(user.pk), changed=now()))


@pytest.mark.parametrize("hours", [None, 1])
async def test_a_mute_whose_row_another_process_deletes_is_over_for_those_who_are_there(
    people, settings, hours
):
    settings.HUBBUB_CHAT_POLICY = "hubbub.chat.policies.Anyone"
    settings.HUBBUB_PERMISSION_SECONDS = 1
    settings.HUBBUB_RATE_LIMIT = None
    ada, end = people["ada"], None if hours is None else now() + timedelta(hours=hours)
    async with Member(LOBBY, user=ada) as member:
        await come_in(member)
        mute = await auser_mute(user_id=ada.pk, room="lobby", until=end)
        await settled()
        await member.say(type="chat_message", message="no")
        answer = await member.hear_until(type="error")
        await in_database(delete_elsewhere, mute)
        async with asyncio.timeout(20):
            while answer["type"] == "error":
                await asyncio.sleep(0.05)  # the loop has its timers in between
                await member.say(type="chat_message", message="yes")
                answer = await member.hear()


def delete_elsewhere(row):
    """Delete a row, and tell nobody in this process."""
    rows = QuerySet(type(row)).filter(pk=row.pk)
    rows._raw_delete(rows.db)
