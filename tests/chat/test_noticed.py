"""Rooms, memberships and sanctions hold as they are now, however they were changed."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from hubbub.chat.members import member_save, room_save
from hubbub.chat.models import Membership, Room, Sanction
from hubbub.chat.sanctions import sanctions_changed, user_ban, user_mute
from hubbub.crossing import in_database
from hubbub.testing import Member
from tests.chat.test_members import MEMBERS
from tests.streams.test_present import come_in, refused_after, settled

DEN = "/ws/chat/den/"


@pytest.fixture(autouse=True)
def members_only(settings, transactional_db):
    settings.HUBBUB_CHAT_POLICY = MEMBERS
    settings.ROOT_URLCONF = "tests.testing.urls"


@pytest.fixture
def people():
    """Ada, who is a member of the den, Bob, who is none, and Eve, who stays one."""
    people = {name: get_user_model().objects.create_user(name) for name in ("ada", "bob", "eve")}
    room_save(name="den", access="hidden")
    for name in ("ada", "eve"):
        member_save(room="den", user_id=people[name].pk)
    return people


def key(user):
    return str(user.pk)


def hers(people):
    return Membership.objects.filter(user=key(people["ada"]))


def renamed(people):
    room = Room.objects.get(name="den")
    room.name = "cellar"
    room.save()


def moved_to_another(people):
    member = hers(people).get()
    member.user = key(people["bob"])
    member.save()


def moved_elsewhere(people):
    room_save(name="cellar")
    member = hers(people).get()
    member.room = Room.objects.get(name="cellar")
    member.save()


def renamed_in_bulk(people):
    Room.objects.filter(name="den").update(name="cellar")


def moved_in_bulk(people):
    hers(people).update(user=key(people["bob"]))


def deleted_in_bulk(people):
    hers(people).delete()


def deleted_from_the_room(people):
    Room.objects.get(name="den").memberships.filter(user=key(people["ada"])).delete()


def written_in_bulk(people):
    member = hers(people).get()
    member.user = key(people["bob"])
    Membership.objects.bulk_update([member], ["user"])


def user_deleted(people):
    get_user_model().objects.filter(pk=people["ada"].pk).delete()


def user_deactivated(people):
    people["ada"].is_active = False
    people["ada"].save()


def banned_in_bulk(people):
    Sanction.objects.bulk_create([Sanction(action="ban", name="den", user=key(people["ada"]))])


def ban_moved_here(people):
    ban = user_ban(user_id=people["bob"].pk, room="den")
    ban.user = key(people["ada"])
    ban.save()


@pytest.mark.parametrize(
    "change",
    [
        moved_to_another,
        moved_elsewhere,
        moved_in_bulk,
        deleted_in_bulk,
        deleted_from_the_room,
        written_in_bulk,
        user_deleted,
        user_deactivated,
        banned_in_bulk,
        ban_moved_here,
    ],
)
async def test_who_may_be_there_no_more_goes_at_once_and_nobody_else(people, change):
    async with Member(DEN, user=people["ada"]) as ada, Member(DEN, user=people["eve"]) as eve:
        await come_in(ada)
        await come_in(eve)
        await in_database(change, people)
        await ada.hear_until(type="error")
        assert (await ada.hear_goodbye()).code in {4401, 4403}
        await come_in(eve)


@pytest.mark.parametrize("change", [renamed, renamed_in_bulk])
async def test_a_room_that_has_another_name_is_not_there_under_the_old_one(people, change):
    async with Member(DEN, user=people["ada"]) as ada:
        await come_in(ada)
        await in_database(change, people)
        await refused_after(ada)
    async with Member("/ws/chat/cellar/", user=people["ada"]) as ada:
        await come_in(ada)


async def test_what_is_changed_in_bulk_and_rolled_back_changes_nothing(people):
    def try_to():
        with transaction.atomic():
            hers(people).update(user=key(people["bob"]))
            transaction.set_rollback(True)

    async with Member(DEN, user=people["ada"]) as ada:
        await come_in(ada)
        await in_database(try_to)
        await settled()
        await come_in(ada)


async def test_a_mute_that_is_changed_in_bulk_ends_in_its_new_time(people):
    ada = people["ada"]
    await in_database(lambda: user_mute(user_id=ada.pk, room="den"))
    soon = timezone.now() + timedelta(hours=1)
    async with Member(DEN, user=ada) as member:
        await in_database(lambda: Sanction.objects.update(until=soon))
        await settled()
        await member.say(type="chat_message", message="no")
        refused = await member.hear_until(type="error")
        assert refused["until"] == soon.isoformat(timespec="microseconds")
        await in_database(lambda: Sanction.objects.update(until=timezone.now()))
        await settled()
        await member.say(type="chat_message", message="yes")
        await member.hear_until(message="yes")


async def test_what_is_changed_in_bulk_other_processes_find_too(people):
    ada = people["ada"]
    await in_database(lambda: user_mute(user_id=ada.pk, room="den"))
    since = timezone.now()
    assert await in_database(lambda: sanctions_changed(since)) == []
    await in_database(lambda: Sanction.objects.update(reason="another"))
    (change,) = await in_database(lambda: sanctions_changed(since))
    assert change[:3] == ("den", ada.pk, None)
