"""Messages that are edited, and deleted by those who said them or who moderate the room."""

import asyncio
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from websockets.typing import Subprotocol

from hubbub.chat import services as chat
from hubbub.chat.models import Message
from hubbub.chat.sanctions import auser_mute
from hubbub.crossing import in_database
from hubbub.errors import InvalidMessageError, NotFoundError
from hubbub.streams.selectors import history_page
from hubbub.testing import Member
from hubbub.wire.codec import decode_any
from tests.chat.test_members import FORBIDDEN, Caller
from tests.streams.test_present import come_in, settled

LOBBY = "/ws/chat/lobby/"
EXTENDED = {"subprotocols": [Subprotocol("hubbub.v1")]}


@pytest.fixture(autouse=True)
def paths(settings, transactional_db):
    settings.ROOT_URLCONF = "tests.testing.urls"


@pytest.fixture
def people():
    """Ada, who says the first thing, Bob, and Eve, who is staff."""
    make = get_user_model().objects.create_user
    people = {name: make(name, is_staff=name == "eve") for name in ("ada", "bob", "eve")}
    chat.post(room="lobby", message="furst", username="ada", user_id=people["ada"].pk)
    return people


def history():
    return [decode_any(bytes(one)) for one in history_page(stream="chat:lobby", limit=50).messages]


async def test_an_author_edits_and_those_who_know_of_it_are_told(people):
    async with (
        Member(LOBBY, user=people["ada"]) as hers,
        Member(LOBBY, **EXTENDED) as extended,
        Member(LOBBY) as v1,
    ):
        await v1.say(type="chat_message", message="between", username="v1")
        await extended.hear_until(message="between")
        await hers.say(type="edit", seq=1, message="first", id="e-1")
        told = await extended.hear()
        assert told | {"timestamp": ""} == {
            "type": "message_edited",
            "edited": 1,
            "message": "first",
            "seq": 3,
            "timestamp": "",
        }
        assert (await hers.hear_until(type="message_edited")) == told
        ack = await hers.hear_until(type="ack")
        assert (ack["id"], ack["seq"], ack["timestamp"]) == ("e-1", 3, told["timestamp"])
        await v1.say(type="chat_message", message="after", username="v1")
        await v1.hear_until(message="after")
        assert "message_edited" not in {frame["type"] for frame in v1.heard}
        first, between, after = await in_database(history)
        assert (first["message"], first["edited"], first["seq"]) == ("first", told["timestamp"], 1)
        assert "edited" not in between
        assert (between["seq"], after["seq"]) == (2, 4)


async def test_who_was_away_is_told_the_same(people):
    ada = people["ada"]
    await in_database(lambda: chat.edit(room="lobby", seq=1, message="first", user_id=ada.pk))
    async with Member(LOBBY + "?since=1") as back:
        assert (await back.hear())["missed"] == 1
        assert (await back.hear())["message"] == "first"
    async with Member(LOBBY + "?since=0") as back:
        assert (await back.hear())["missed"] == 2
        said, edited = await back.hear(), await back.hear()
        assert said["message"] == edited["message"] == "first"
        assert said["edited"] == edited["timestamp"]
    await in_database(lambda: chat.delete(room="lobby", seq=1))
    async with Member(LOBBY + "?since=0") as back:
        await back.hear()
        said, edited, deleted = [await back.hear() for _ in range(3)]
        assert (said["message"], said["deleted"]) == ("", True)
        assert (edited["message"], edited["deleted"]) == ("", True)
        assert deleted["deleted"] == 1
    assert not await in_database(Message.objects.exclude(message="").exists)


@pytest.mark.parametrize("request_type", ["edit", "delete"])
@pytest.mark.parametrize("name", ["bob", None])
async def test_nobody_changes_what_another_said(people, request_type, name):
    await in_database(lambda: chat.post(room="lobby", message="nobody's"))
    async with Member(LOBBY, user=people.get(name)) as member:
        for seq in (1, 2):
            await member.say(type=request_type, seq=seq, message="mine", id="c-1")
            refused = await member.hear_until(type="error")
            assert (refused["code"], refused["id"]) == ("forbidden", "c-1")
    assert [one["message"] for one in await in_database(history)] == ["furst", "nobody's"]


@pytest.mark.parametrize("name", ["ada", "eve"])
async def test_authors_and_moderators_delete(people, name):
    async with Member(LOBBY, user=people[name]) as member, Member(LOBBY, **EXTENDED) as other:
        await come_in(other)
        await member.say(type="delete", seq=1, id="d-1")
        assert (await other.hear_until(type="message_deleted"))["deleted"] == 1
        first = await member.hear_until(type="ack")
        await member.say(type="delete", seq=1, id="d-1")
        assert await member.hear_until(type="ack") == first
        for request in ({"type": "delete"}, {"type": "edit", "message": "again"}):
            await member.say(seq=1, **request)
            assert (await member.hear_until(type="error"))["code"] == "not_found"


async def test_a_moderator_edits(people):
    async with Member(LOBBY, user=people["eve"]) as staff:
        await staff.say(type="edit", seq=1, message="first")
        await staff.hear_until(type="message_edited")
    assert (await in_database(history))[0]["user_id"] == people["ada"].pk


async def test_the_same_id_changes_nothing_twice_and_another_text_is_a_conflict(people):
    async with Member(LOBBY, user=people["ada"]) as hers:
        for _ in range(2):
            await hers.say(type="edit", seq=1, message="first", id="e-1")
            assert (await hers.hear_until(type="ack"))["seq"] == 2
        await hers.say(type="edit", seq=1, message="other", id="e-1")
        assert (await hers.hear_until(type="error"))["code"] == "id_conflict"
        await hers.say(type="delete", seq=1, id="e-1")
        assert (await hers.hear_until(type="error"))["code"] == "id_conflict"


async def test_a_message_that_was_edited_since_is_known_again_by_its_id(people):
    async with Member(LOBBY, user=people["ada"]) as hers:
        await hers.say(type="chat_message", message="helo", id="c-1")
        first = await hers.hear_until(type="ack")
        await hers.say(type="edit", seq=first["seq"], message="hello", id="e-1")
        await hers.hear_until(type="ack", id="e-1")
        await hers.say(type="chat_message", message="helo", id="c-1")
        assert await hers.hear_until(type="ack") == first


async def test_so_is_an_edit_of_one_that_was_deleted_since(people):
    async with Member(LOBBY, user=people["ada"]) as hers:
        await hers.say(type="edit", seq=1, message="first", id="e-1")
        first = await hers.hear_until(type="ack")
        await hers.say(type="delete", seq=1, id="d-1")
        await hers.hear_until(type="ack", id="d-1")
        await hers.say(type="edit", seq=1, message="first", id="e-1")
        assert await hers.hear_until(type="ack") == first


@pytest.mark.parametrize(
    "other",
    [
        {"type": "edit", "seq": 1, "message": "mine"},
        {"type": "delete", "seq": 1},
        {"type": "delete", "seq": 2},
    ],
)
@pytest.mark.parametrize("gone", ["edit", "delete"])
async def test_the_id_of_one_that_is_no_more_acks_nothing_else(people, gone, other):
    async with Member(LOBBY, user=people["bob"]) as his:
        await his.say(type="chat_message", message="helo", id="c-1")
        seq = (await his.hear_until(type="ack"))["seq"]
        await his.say(type=gone, seq=seq, message="hello", id="c-2")
        await his.hear_until(type="ack", id="c-2")
        for request_id in ("c-1", "c-2"):
            await his.say(**other, id=request_id)
            if (other["type"], other["seq"], request_id) == (gone, seq, "c-2"):
                await his.hear_until(type="ack")
            else:
                assert (await his.hear_until(type="error"))["code"] == "id_conflict"
    assert (await in_database(history))[0]["message"] == "furst"


async def test_an_author_has_as_long_as_the_setting_says(people, settings):
    settings.HUBBUB_CHAT_EDIT_SECONDS = 60

    def age(seconds):
        Message.objects.filter(seq=1).update(created=timezone.now() - timedelta(seconds=seconds))

    async with Member(LOBBY, user=people["ada"]) as hers, Member(LOBBY, user=people["eve"]) as eve:
        await in_database(age, 50)
        await hers.say(type="edit", seq=1, message="first")
        await hers.hear_until(type="message_edited")
        await in_database(age, 70)
        for request in ({"type": "edit", "message": "a"}, {"type": "delete"}):
            await hers.say(seq=1, **request)
            assert (await hers.hear_until(type="error"))["code"] == "forbidden"
        await eve.say(type="edit", seq=1, message="staff")
        await hers.hear_until(type="message_edited", message="staff")


async def test_a_muted_one_edits_nothing_and_may_take_back(people):
    ada = people["ada"]
    async with Member(LOBBY, user=ada) as hers:
        await come_in(hers)
        await auser_mute(user_id=ada.pk, room="lobby")
        await settled()
        await hers.say(type="edit", seq=1, message="still speaking")
        assert (await hers.hear_until(type="error"))["until"] is None
        await hers.say(type="delete", seq=1)
        await hers.hear_until(type="message_deleted")


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"seq": 1, "message": " "}, "invalid_message"),
        ({"seq": 1, "message": "a" * 1001}, "invalid_message"),
        ({"seq": 0, "message": "a"}, "invalid_format"),
        ({"seq": 1}, "invalid_format"),
        ({"seq": "1", "message": "a"}, "invalid_format"),
        ({"seq": 4711, "message": "a"}, "not_found"),
    ],
)
async def test_what_cannot_be_is_refused(people, keys, code):
    async with Member(LOBBY, user=people["ada"]) as hers:
        await hers.say(type="edit", **keys)
        assert (await hers.hear_until(type="error"))["code"] == code


async def test_an_event_is_no_message_to_be_changed(people):
    await in_database(lambda: chat.edit(room="lobby", seq=1, message="first"))
    await in_database(lambda: chat.delete(room="lobby", seq=1))
    for seq in (1, 2, 3):
        for call in (lambda seq: chat.delete(room="lobby", seq=seq), edit_it):
            with pytest.raises(NotFoundError):
                await in_database(call, seq)
    with pytest.raises(InvalidMessageError):
        await in_database(lambda: chat.edit(room="lobby", seq=1, message=""))


def edit_it(seq):
    return chat.edit(room="lobby", seq=seq, message="a")


async def test_one_that_is_deleted_meanwhile_is_edited_no_more(people, monkeypatch):
    """The look at it comes before, and what counts is what stands when it is stored."""
    monkeypatch.setattr("hubbub.chat.services.check_change", lambda *_, **__: None)
    done = await asyncio.gather(
        *(
            in_database(chat.delete, room="lobby", seq=1),
            chat.aedit(room="lobby", seq=1, message="a"),
        ),
        *(chat.adelete(room="lobby", seq=1), chat.aedit(room="lobby", seq=1, message="b")),
        return_exceptions=True,
    )
    assert sum(isinstance(one, NotFoundError) for one in done) >= 1
    assert not await in_database(Message.objects.exclude(message="").exists)
    numbers = await in_database(lambda: list(Message.objects.values_list("seq", flat=True)))
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_over_http(people):
    ada, bob = Caller(people["ada"]), Caller(people["bob"])
    path = "lobby/messages/1/"
    assert bob("patch", path, message="b")[:2] == FORBIDDEN
    assert bob("delete", path)[:2] == FORBIDDEN
    assert Caller()("patch", path, message="b")[0] == 401
    assert ada("patch", path, message="")[:2] == (400, "Invalid message (max 1000 characters)")
    status, said, data = ada("patch", path, message="first", id="e-1")
    assert (status, said, data["changed"], data["seq"]) == (200, "Message edited", 1, 2)
    assert ada("patch", path, message="first", id="e-1")[2] == data
    assert ada("get", "lobby/messages/")[2]["messages"][0]["edited"] == data["timestamp"]
    assert ada("delete", path)[:2] == (200, "Message deleted")
    assert ada("delete", path)[:2] == (404, "Not found")
    assert Caller(people["eve"])("patch", "lobby/messages/4711/", message="a")[0] == 404
