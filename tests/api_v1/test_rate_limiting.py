"""Rate Limiting, of the published document: what it recommends is built in, and on by default."""

from tests.api_v1.talk import talk


async def test_100_messages_a_minute_are_taken_and_the_next_is_refused(site, room):
    """Recommended Implementation: its numbers, its frame."""
    async with talk(site.ws(f"/ws/chat/{room}/")) as client:
        for number in range(102):
            await client.say_chat(str(number))
        error = await client.hear_until(type="error")
        assert error["message"] == "Rate limit exceeded"
        assert 0 < error["retry_after"] <= 60
        taken = [frame["message"] for frame in client.heard if frame["type"] == "chat_message"]
        assert taken == [str(number) for number in range(len(taken))]


async def test_each_connection_has_a_limit_of_its_own(site, room):
    """Current Limitations: the limit is one per connection."""
    url = site.ws(f"/ws/chat/{room}/")
    async with talk(url) as busy, talk(url) as calm:
        for number in range(110):
            await busy.say_chat(str(number))
        await busy.hear_until(code="rate_limited")
        await calm.say_chat("me too")
        await busy.hear_until(message="me too")
