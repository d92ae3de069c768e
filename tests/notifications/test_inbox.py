"""A user's inbox on the socket and over HTTP: what is unread, reading, pages."""

import pytest

from tests.api_v1.talk import talk
from tests.notifications.inbox import Inbox

UNAUTHENTICATED = {"type": "error", "message": "Authentication required", "code": "unauthenticated"}


@pytest.fixture
async def ada(site):
    inbox = Inbox(site, "ada")
    await inbox.read_all()
    return inbox


@pytest.fixture
async def nobody(site):
    return Inbox(site)


async def test_what_was_sent_while_nobody_listened_is_there(ada):
    await ada.send_own("own")
    await ada.send("all")
    async with ada.device() as device:
        assert device.status["unread"] == 2
    page = await ada.page(unread=1)
    assert [one["title"] for one in page["notifications"]] == ["own", "all"]
    assert (page["unread"], page["more"]) == (2, False)


async def test_unread_ones_are_replayed_first_and_then_live_ones_come(ada):
    await ada.send_own("own")
    await ada.send("all")
    async with ada.device(unread=1) as device:
        await ada.send("live")
        frames = [await device.hear() for _ in range(3)]
        assert [frame["title"] for frame in frames] == ["own", "all", "live"]
        assert [frame.get("read") for frame in frames] == [False, False, None]
        assert device.unread == 3


async def test_at_most_300_unread_ones_are_replayed_the_newest(site):
    eve = Inbox(site, "eve")
    eve.send_many(2, "the oldest")
    eve.send_many(299)
    await eve.send_own("the newest")
    async with eve.device(unread=1) as device:
        assert device.status["unread"] >= 302
        titles = await device.hear_titles(300)
        assert titles == ["T"] * 299 + ["the newest"]


async def test_to_an_anonymous_client_all_that_was_sent_to_everyone_is_unread(ada, nobody):
    await ada.send_own("for ada alone")
    await ada.send("first")
    await ada.send("second")
    async with nobody.device(unread=1) as device:
        await ada.send("the newest")
        titles = []
        while "the newest" not in titles:
            titles += await device.hear_titles(1)
        assert titles[-3:] == ["first", "second", "the newest"]
        assert "for ada alone" not in titles
        assert "unread" not in device.status


async def test_a_live_one_has_the_keys_that_reading_and_resuming_need(ada):
    async with ada.device() as device:
        await ada.send_own("own", priority="high")
        frame = await device.hear()
        assert set(frame) == {"type", "title", "message", "priority", "timestamp", "id", "cursor"}
        own, everyone = frame["cursor"].split(",")
        before = device.status["cursor"].split(",")
        assert everyone == before[1]
        assert int(own.split(":")[1]) == int(before[0].split(":")[1]) + 1


async def test_reading_on_one_device_tells_the_others(ada):
    async with ada.device(unread=1) as one, ada.device(unread=1) as two, ada.device() as plain:
        await ada.send_own("a")
        await ada.send("b")
        frames = [await two.hear() for _ in range(2)]
        assert await one.hear_titles(2) == ["a", "b"]
        await one.say(action="read", id=frames[0]["id"])
        for device in (one, two):
            frame = await device.hear()
            assert (frame["type"], frame["count"]) == ("unread_count", 1)
        await two.say(action="read_all", id="r-1")
        ack = await two.hear_until(type="ack")
        assert ack["id"] == "r-1"
        assert (await one.hear_until(type="unread_count"))["count"] == 0
        assert await plain.hear_titles(2) == ["a", "b"]
        await ada.send_own("c")
        # A v1 client heard of none of it.
        assert await plain.hear_titles(1) == ["c"]


async def test_reading_over_http_tells_the_devices(ada):
    async with ada.device(unread=1) as device:
        for title in ("a", "b", "c"):
            await ada.send_own(title)
        number = (await device.hear_until(title="b"))["id"]
        assert await ada.read(number) == 2
        assert (await device.hear_until(type="unread_count"))["count"] == 2
        assert await ada.read_all() == 0
        assert (await device.hear_until(type="unread_count"))["count"] == 0


async def test_reading_is_nothing_to_other_users(ada, site):
    bob = Inbox(site, "bob")
    await bob.read_all()
    async with bob.device(unread=1) as device:
        await ada.send("all")
        number = (await device.hear())["id"]
        await ada.read(number)
        await ada.send("more")
        assert await device.hear_titles(1) == ["more"]
        assert device.unread == (await bob.page())["unread"] == 2


async def test_an_added_request_makes_a_connection_extended(ada):
    async with ada.device() as device:
        await device.say(action="read_all")
        frame = await device.hear()
        assert (frame["type"], frame["count"]) == ("unread_count", 0)


async def test_pages_on_the_socket(ada):
    for index in range(5):
        await (ada.send_own if index % 2 else ada.send)(str(index))
    async with ada.device() as device:
        await device.say(action="list", limit=3, id="p-1")
        page = await device.hear()
        assert (page["type"], page["id"], page["more"]) == ("notifications", "p-1", True)
        assert [one["title"] for one in page["notifications"]] == ["2", "3", "4"]
        keys = {"type", "title", "message", "priority", "timestamp", "id", "read"}
        assert all(set(one) == keys for one in page["notifications"])
        before = page["notifications"][0]["id"]
        await device.say(action="list", limit=2, before=before, unread=True)
        page = await device.hear()
        assert [one["title"] for one in page["notifications"]] == ["0", "1"]
        assert "id" not in page
        http = await ada.page(limit=2, before=before)
        assert http["notifications"] == page["notifications"]


@pytest.mark.parametrize(
    "request_keys",
    [{"action": "read", "id": 1}, {"action": "read_all"}, {"action": "list"}],
)
async def test_an_anonymous_client_has_no_inbox(nobody, request_keys):
    async with nobody.device() as device:
        assert "unread" not in device.status
        await device.say(**request_keys)
        assert await device.hear() == UNAUTHENTICATED
        await nobody.send("all")
        assert await device.hear_titles(1) == ["all"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("POST", "1/read/"), ("POST", "read-all/")]
)
async def test_an_anonymous_call_has_no_inbox(nobody, method, path):
    answer = await nobody.call(method, path)
    assert answer.status_code == 401
    assert answer.json() == {"status": "error", "message": "Authentication required"}


async def test_somebody_elses_cannot_be_read(ada, site):
    bob = Inbox(site, "bob")
    await bob.send_own("for bob")
    number = (await bob.page(limit=1))["notifications"][0]["id"]
    answer = await ada.call("POST", f"{number}/read/")
    assert (answer.status_code, answer.json()["message"]) == (404, "Not found")
    async with ada.device() as device:
        await device.say(action="read", id=number)
        frame = await device.hear()
        assert (frame["message"], frame["code"]) == ("Not found", "not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "read"},
        {"action": "read", "id": "7"},
        {"action": "read", "id": 0},
        {"action": "read", "id": 1 << 53},
        {"action": "read", "id": 1.5},
        {"action": "read_all", "id": 7},
        {"action": "list", "limit": 201},
        {"action": "list", "before": 0},
        {"action": "list", "unread": 1},
        {"type": "read_all"},
        {"action": "unread"},
    ],
)
async def test_a_request_that_cannot_be_is_an_invalid_format(ada, wrong):
    async with ada.device() as device:
        await device.say(**wrong)
        assert (await device.hear())["message"] == "Invalid message format"


@pytest.mark.parametrize("query", ["limit=201", "limit=0", "before=0", "before=x", "unread=2"])
async def test_a_page_that_cannot_be_is_a_bad_request(ada, query):
    answer = await ada.call("GET", f"?{query}")
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid message format")


@pytest.mark.parametrize("number", ["0", "-1", str(1 << 53), str(1 << 70), "x"])
async def test_an_id_that_cannot_be_is_a_client_error(ada, number):
    answer = await ada.call("POST", f"{number}/read/")
    assert answer.status_code in {400, 404}
    assert answer.json()["status"] == "error"


async def test_the_session_of_a_page_opens_its_inbox(ada, site):
    await ada.send_own("own")
    async with talk(ada.url(), cookie=site.people["ada"].cookie) as client:
        assert (await client.hear())["unread"] == 1


async def test_requests_are_done_in_the_order_in_which_they_came(ada):
    async with ada.device() as device:
        await ada.send_own("a")
        number = (await device.hear())["id"]
        await device.say(action="list", limit=1)
        await device.say(action="read", id=number)
        await device.say(action="list", limit=1)
        pages = [await device.hear_until(type="notifications") for _ in range(2)]
        assert [page["notifications"][0]["read"] for page in pages] == [False, True]
