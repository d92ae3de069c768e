"""A parameter that cannot be read costs no first frame: an error, and all else as without it."""

import pytest

from tests.api_v1.serving import serve
from tests.api_v1.talk import talk

ERROR = {"type": "error", "message": "Invalid message format", "code": "invalid_format"}
BAD_NUMBERS = ["-1", "abc", "", "1.5", "1e3", "9" * 19, "%D9%A3", "0%00"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("queries"), HUBBUB_RATE_LIMIT="off") as server:
        yield server


@pytest.fixture
async def room(site):
    """A room in which three messages were said, and its epoch."""
    url = site.ws("/ws/chat/queries/")
    async with talk(f"{url}?history=0") as client:
        first = await client.hear_until(type="history")
        for number in range(3 - first["seq"]):
            await client.say_chat(str(number))
            await client.hear_until(message=str(number))
    async with talk(f"{url}?history=0") as client:
        page = await client.hear_until(type="history")
    return url, page["epoch"]


@pytest.mark.parametrize("bad", BAD_NUMBERS)
async def test_a_bad_place_leaves_the_page(room, bad):
    url, epoch = room
    async with talk(f"{url}?history=2&since={bad}&epoch={epoch}") as client:
        assert await client.hear() == ERROR
        page = await client.hear()
        assert (page["type"], len(page["messages"]), page["seq"]) == ("history", 2, 3)


@pytest.mark.parametrize("bad", BAD_NUMBERS)
async def test_a_bad_length_of_the_page_leaves_what_was_missed(room, bad):
    url, epoch = room
    async with talk(f"{url}?history={bad}&since=1&epoch={epoch}") as client:
        assert await client.hear() == ERROR
        recovery = await client.hear()
        assert (recovery["type"], recovery["missed"]) == ("recovery", 2)


@pytest.mark.parametrize(
    "query", ["since=-1", "history=abc", "history", "since=x&history=y", "&".join(["since=1"] * 40)]
)
async def test_with_nothing_else_the_room_is_as_for_version_1(room, query):
    url, _ = room
    async with talk(f"{url}?{query}") as client:
        assert await client.hear() == ERROR
        async with talk(url):
            assert (await client.hear())["event"] == "user_joined"


@pytest.mark.parametrize(
    "query", ["since=x&since=1", "history=x&history=2", "cursor=junk&history=2"]
)
async def test_of_a_repeated_one_the_last_counts_and_others_endpoints_parameters_are_unknown(
    room, query
):
    url, _ = room
    async with talk(f"{url}?{query}") as client:
        frame = await client.hear()
        assert frame.get("missed") or len(frame["messages"]) == 2


async def test_more_than_a_page_is_cut_to_one(site):
    url = site.ws("/ws/chat/long/")
    async with talk(f"{url}?history=5000") as client:
        assert (await client.hear())["messages"] == []
        for number in range(203):
            await client.say_chat(str(number))
        await client.hear_until(message="202")
    async with talk(f"{url}?history=5000") as client:
        page = await client.hear()
        assert (len(page["messages"]), page["more"]) == (200, True)


@pytest.mark.parametrize("bearer", ["", "ada"])
@pytest.mark.parametrize("bad", ["maybe", "", "2", "-1", "yes&unread=no"])
async def test_notifications_begin_as_without_it(site, bearer, bad):
    bearer = bearer and site.people[bearer].token
    async with talk(site.ws(f"/ws/notifications/?unread={bad}"), bearer=bearer) as client:
        assert await client.hear() == ERROR
        status = await client.hear()
        assert status["type"] == "connection_status"
        assert status["cursor"]


@pytest.mark.parametrize("cursor", ["junk", "", ",", "a:x,b:y"])
async def test_a_cursor_is_ours_to_read_so_one_that_cannot_be_is_one_that_nobody_knows(
    site, cursor
):
    async with talk(site.ws(f"/ws/notifications/?cursor={cursor}&unread=maybe")) as client:
        assert await client.hear() == ERROR
        assert (await client.hear())["type"] == "connection_status"
        assert (await client.hear())["recovered"] is False


@pytest.mark.parametrize("query", ["since=-1", "history=abc", "unread=maybe", "cursor=junk"])
async def test_a_counter_has_no_parameters_so_none_of_them_can_be_bad(site, query):
    async with talk(site.ws(f"/ws/counter/?{query}")) as client:
        assert (await client.hear())["type"] == "counter_update"
