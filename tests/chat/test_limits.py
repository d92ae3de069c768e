"""How much one connection, one user and one room may have."""

from contextlib import AsyncExitStack

import pytest

from tests.api_v1.talk import talk


@pytest.fixture
def strict(strict_site):
    """A room of the server that takes five messages an hour of a connection."""
    return strict_site.ws("/ws/chat/limits/"), strict_site.people["ada"].token


async def test_over_the_rate_limit_a_message_is_refused_with_the_time_to_wait(strict):
    url, token = strict
    async with talk(url, bearer=token) as client:
        for number in range(5):
            await client.say_chat(f"message {number}")
        await client.hear_many(5, type="chat_message")
        await client.say_chat("one too many", id="c-6")
        refusal = await client.hear()
        assert refusal.pop("retry_after") == pytest.approx(3600 / 5, abs=60)
        assert refusal == {
            "type": "error",
            "message": "Rate limit exceeded",
            "code": "rate_limited",
            "id": "c-6",
        }


async def test_what_was_refused_is_told_to_nobody(strict):
    url, token = strict
    async with talk(url, bearer=token) as other, talk(url, bearer=token) as client:
        for number in range(6):
            await client.say_chat(f"message {number}")
        await client.hear_until(code="rate_limited")
        if "message 4" not in {frame["message"] for frame in client.heard}:
            await client.hear_until(message="message 4")
        await other.say_chat("end")
        await other.hear_until(message="end")
        assert [frame["message"] for frame in other.heard] == [
            *(f"message {number}" for number in range(5)),
            "end",
        ]


async def test_bad_messages_count_too(strict):
    url, token = strict
    async with talk(url, bearer=token) as client:
        for _ in range(6):
            await client.say_raw("nonsense")
        codes = [(await client.hear())["code"] for _ in range(6)]
        assert codes == ["invalid_json"] * 5 + ["rate_limited"]


async def test_a_client_that_goes_on_after_many_refusals_is_sent_away_with_4429(strict):
    url, token = strict
    async with talk(url, bearer=token) as client:
        for _ in range(5 + 200):
            await client.say_chat("again")
        assert await client.goodbye() == (4429, "rate limit")
        refusals = [frame for frame in client.heard if frame["type"] == "error"]
        # A hundred in a minute, and those few that a slow machine's seconds allow beside.
        assert 100 <= len(refusals) < 200


async def test_a_limit_that_is_off_limits_nothing(url):
    async with talk(url) as client:
        for number in range(300):
            await client.say_chat(str(number))
        assert (await client.hear_many(300, type="chat_message"))[-1]["seq"] == 300


async def test_a_user_with_too_many_connections_is_told_to_try_later(strict):
    url, token = strict
    async with (
        talk(url, bearer=token),
        talk(url, bearer=token),
        talk(url, bearer=token) as third,
    ):
        assert await third.goodbye() == (1013, "try again later")


@pytest.mark.parametrize("path", ["/ws/chat/full/", "/ws/counter/full/"])
async def test_a_full_room_sends_the_next_one_away_and_takes_it_when_one_has_left(
    strict_site, path
):
    url, people = strict_site.ws(path), strict_site.people
    async with AsyncExitStack() as stack:
        members = [
            await stack.enter_async_context(talk(url, bearer=people[name].token))
            for name in ("ada", "bob", "eve")
        ]
        async with talk(url, bearer=people["ada"].token) as fourth:
            assert await fourth.goodbye() == (1013, "try again later")
        await members[0].connection.close()
        async with talk(url, bearer=people["ada"].token) as again:
            await again.say_raw("nonsense")
            assert (await again.hear_until(type="error"))["code"] == "invalid_json"
