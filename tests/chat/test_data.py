"""A project's own object beside a message: told, stored, replayed, paged and deleted with it."""

import json

import pytest

from hubbub.chat.models import Message
from hubbub.chat.services import delete, post
from hubbub.errors import IdConflictError, InvalidDataError
from hubbub.streams.selectors import history_page, recovery_open
from hubbub.wire.page import PAGE_BYTES
from tests.api_v1.talk import talk
from tests.chat.admin import message_keys
from tests.chat.conftest import numbers
from tests.http.calls import call
from tests.names import new_name

DATA = {"file": "plan.pdf", "pages": [3, 4], "nested": {"a": None}}
REFUSED = {
    "type": "error",
    "message": "Invalid data (a JSON object of at most 16 KiB)",
    "code": "invalid_data",
    "id": "c-1",
    "field": "data",
}


def read(message) -> dict:
    return json.loads(bytes(message))


@pytest.fixture
def room() -> str:
    return f"data-{next(numbers)}"


async def test_it_is_told_as_it_was_sent_and_comes_again(site, room):
    url = site.ws(f"/ws/chat/{room}/")
    async with talk(url) as member, talk(url) as other:
        await member.say_chat("look", data=DATA)
        told = await other.hear_until(type="chat_message")
        assert told["data"] == DATA
        await member.say_chat("nothing")
        assert "data" not in await other.hear_until(message="nothing")
    async with talk(url + "?history=10") as late, talk(url + "?since=0") as back:
        page = await late.hear_until(type="history")
        assert page["messages"][0] == told
        assert await back.hear_until(message="look") == told


async def test_over_http_it_is_the_same(site, room):
    messages = site.http(f"/api/chat/{room}/messages/")
    async with talk(site.ws(f"/ws/chat/{room}/")) as member:
        answer = call(messages, {"message": "look", "data": DATA, "id": "c-1"})
        assert answer.data["data"] == DATA
        assert await member.hear_until(type="chat_message") == answer.data
    assert call(messages).data["messages"] == [answer.data]
    assert call(messages, {"message": "look", "data": DATA, "id": "c-1"}).data == answer.data
    assert call(messages, {"message": "look", "id": "c-1"}).refusal[0] == 400


async def test_what_is_too_large_or_no_object_is_refused_alone(site, room):
    async with talk(site.ws(f"/ws/chat/{room}/")) as member:
        await member.say_chat("too large", id="c-1", data={"a": "x" * 17_000})
        assert await member.hear() == REFUSED
        await member.say_chat("no object", id="c-2", data=[])
        wrong = await member.hear()
        assert (wrong["code"], wrong["field"]) == ("invalid_format", "data")
        await member.say_raw(b'{"type":"chat_message","message":"x","data":{"a":1e999}}')
        assert (await member.hear())["code"] == "invalid_data"
        await member.say_raw(b'{"type":"chat_message","message":"x","data":{"a":"\\ud800"}}')
        assert (await member.hear())["code"] == "invalid_json"
        await member.say_chat("fits", data={"a": "x" * 16_000})
        assert (await member.hear())["message"] == "fits"
    messages = site.http(f"/api/chat/{room}/messages/")
    sentence = REFUSED["message"]
    assert call(messages, {"message": "x", "data": {"a": "x" * 17_000}}).refusal == (400, sentence)


async def test_the_admin_shows_it(site, boss, room):
    call(site.http(f"/api/chat/{room}/messages/"), {"message": "look", "data": DATA})
    (key,) = message_keys(boss, room)
    shown = boss.get(f"/admin/hubbub_chat/message/{key}/change/").text
    assert "plan.pdf" in shown


@pytest.mark.django_db(transaction=True)
class TestStored:
    def test_it_is_deleted_with_its_message(self):
        room = new_name()
        post(room=room, message="regretted", data=DATA)
        delete(room=room, seq=1)
        assert Message.objects.get(name=room, seq=1).data is None
        assert b"plan.pdf" not in recovery_open(stream=f"chat:{room}", since=0, epoch=None)[0]

    def test_the_same_id_with_other_data_is_a_conflict(self):
        room = new_name()
        words = {"room": room, "message": "look", "request_id": "c-1"}
        first = post(**words, data=DATA)
        assert post(**words, data=DATA).seq == first.seq
        for other in ({}, {"file": "other.pdf"}, None):
            with pytest.raises(IdConflictError):
                post(**words, data=other)

    def test_what_cannot_be_stored_raises(self):
        with pytest.raises(InvalidDataError):
            post(room=new_name(), message="look", data={"a": float("nan")})

    def test_a_page_has_fewer_messages_where_they_are_long(self):
        room = new_name()
        for number in range(80):
            post(room=room, message=str(number), data={"a": "x" * 16_000})
        newest = history_page(stream=f"chat:{room}", limit=200)
        assert newest.more
        assert sum(len(bytes(one)) for one in newest.messages) <= PAGE_BYTES
        assert read(newest.messages[-1])["message"] == "79"
        first = read(newest.messages[0])["seq"]
        older = history_page(stream=f"chat:{room}", limit=200, before=first)
        assert not older.more
        assert len(older.messages) + len(newest.messages) == 80
        oldest = history_page(stream=f"chat:{room}", limit=200, after=0)
        assert read(oldest.messages[0])["seq"] == 1
        assert oldest.more

    def test_more_than_a_page_is_not_replayed(self):
        room = new_name()
        for number in range(80):
            post(room=room, message=str(number), data={"a": "x" * 16_000})
        _, _, recovered = recovery_open(stream=f"chat:{room}", since=0, epoch=None)
        assert not recovered
        _, _, recovered = recovery_open(stream=f"chat:{room}", since=40, epoch=None)
        assert recovered
