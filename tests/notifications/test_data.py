"""A project's own object beside a notification, and those for whom there is no inbox."""

import pytest

from hubbub.errors import IdConflictError, InvalidFormatError
from hubbub.fanout.frame import frame_of
from hubbub.notifications.messages import Notified, placed_frame, stem_of
from hubbub.notifications.models import Notification
from hubbub.notifications.selectors import inbox_page
from hubbub.notifications.services import delete, send
from hubbub.wire.codec import read_frame
from hubbub.wire.data import raw_data, write_data
from tests.notifications.inbox import Inbox

#: With keys that frames have too.
DATA = {"url": "/orders/456/", "cursor": "a:1,b:2", "more": {"a": 1, "cursor": "}}", "read": True}}


@pytest.fixture
async def ada(site):
    inbox = Inbox(site, "ada")
    await inbox.read_all()
    return inbox


async def test_it_is_told_listed_replayed_and_resumed(ada):
    async with ada.device() as device:
        await ada.send_own("own", data=DATA)
        told = await device.hear_until(title="own")
        assert told["data"] == DATA
        assert told["cursor"] != DATA["cursor"]
        await ada.send("none")
        assert "data" not in await device.hear_until(title="none")
    own, none = (await ada.page(unread=1))["notifications"]
    assert own["data"] == DATA
    assert "data" not in none
    async with ada.device(unread=1) as device:
        replayed = await device.hear_until(title="own")
        assert (replayed["data"], replayed["read"]) == (DATA, False)
    async with ada.device(cursor=device.status["cursor"]) as device:
        await ada.send_own("later", data=DATA)
        assert (await device.hear_until(title="later"))["data"] == DATA


async def test_it_is_in_the_answer_and_refused_with_its_key(ada):
    body = {"title": "T", "message": "M", "data": DATA}
    answer = (await ada.call("POST", "send/", json=body)).json()
    assert answer["data"] == {"title": "T", "message": "M", "priority": "normal", "data": DATA}
    for data, sentence in (
        ({"a": "x" * 17_000}, "Invalid data (a JSON object of at most 16 KiB)"),
        ([], "Invalid message format"),
        (None, "Invalid message format"),
    ):
        response = await ada.call("POST", "send/", json=body | {"data": data})
        assert response.status_code == 400
        assert response.json() == {"status": "error", "message": sentence, "field": "data"}


async def test_who_is_no_user_is_named_and_nothing_is_sent(ada):
    known = ada.person.user_id
    async with ada.device() as device:
        for named, field, unknown in (
            ({"user_id": "abc"}, "user_id", ["abc"]),
            ({"user_id": 987654}, "user_id", [987654]),
            ({"user_ids": [known, "abc", 987654]}, "user_ids", ["abc", 987654]),
        ):
            body = {"title": "nobody's", "message": "M"} | named
            response = await ada.call("POST", "send/", json=body)
            assert response.status_code == 400
            assert response.json() == {
                "status": "error",
                "message": "No such user",
                "field": field,
                "unknown": unknown,
            }
        await ada.send("marker", user_id=f"00{known}")
        assert (await device.hear())["title"] == "marker"


@pytest.mark.parametrize("data", [None, DATA])
def test_a_frame_gets_a_cursor_whatever_its_data_has(data):
    raw = None if data is None else raw_data(write_data(data))
    bare = frame_of(Notified("T", "M", "low", "now", 7, raw))
    again = read_frame(placed_frame(stem_of(bare), "x:3,y:4"))
    assert again == {**read_frame(bare), "cursor": "x:3,y:4"}
    assert again.get("data") == data


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("writer_ends")
class TestStored:
    def test_it_is_deleted_with_its_notification(self):
        send(title="T", message="M", data=DATA)
        (found,) = inbox_page(inbox="7", limit=1).notifications
        delete(number=found.id)
        assert Notification.objects.get(pk=found.id).data is None

    def test_the_same_id_with_other_data_is_a_conflict(self):
        words = {"title": "T", "message": "M", "user_id": 7, "request_id": "n-1"}
        (first,) = send(**words, data=DATA)
        (again,) = send(**words, data=DATA)
        assert again.seq == first.seq
        with pytest.raises(IdConflictError):
            send(**words, data={})

    def test_a_key_that_no_user_can_have_is_refused(self):
        for named, field in (
            ({"user_id": "abc"}, "user_id"),
            ({"user_ids": ["7", "x"]}, "user_ids"),
        ):
            with pytest.raises(InvalidFormatError) as caught:
                send(title="T", message="M", **named)
            assert caught.value.field == field
        assert not Notification.objects.exists()
