"""Error Handling, of the published document."""

import pytest
from websockets.exceptions import ConnectionClosedError

from tests.api_v1.talk import talk

PATHS = ["/ws/chat/general/", "/ws/counter/", "/ws/notifications/"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("payload", ["{", "", "Hello", '{"type": chat}', "{'type': 'chat'}"])
async def test_what_is_not_json_is_answered_invalid_json_format(site, path, payload):
    """Invalid JSON."""
    async with talk(site.ws(path)) as client:
        await client.say_raw(payload)
        error = await client.hear_until(type="error")
        assert error["message"] == "Invalid JSON format"
        assert error["code"] == "invalid_json"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("payload", ["[]", "7", '"text"', "null", "{}", '{"type": "shout"}'])
async def test_json_that_asks_nothing_known_is_answered_invalid_message_format(site, path, payload):
    """Error: Invalid message format."""
    async with talk(site.ws(path)) as client:
        await client.say_raw(payload)
        error = await client.hear_until(type="error")
        assert error["message"] == "Invalid message format"
        assert error["code"] == "invalid_format"


async def test_connection_goes_on_after_an_error(site, room):
    """Common Errors: they are frames, and no end of the connection."""
    async with talk(site.ws(f"/ws/chat/{room}/")) as client:
        await client.say_raw("nonsense")
        await client.hear_until(type="error")
        await client.say_chat("still here")
        assert (await client.hear())["message"] == "still here"


async def test_client_that_closes_closes_cleanly(site, room):
    """Error Handling Example: `wasClean` is true, the code is 1000."""
    async with talk(site.ws(f"/ws/chat/{room}/")) as client:
        await client.connection.close()
        assert client.connection.close_code == 1000


async def test_connection_that_is_cut_has_code_1006_and_the_others_hear_of_it(site, room):
    """Connection Lost: Error Code 1006; User Left."""
    async with talk(site.ws(f"/ws/chat/{room}/")) as other:
        async with talk(site.ws(f"/ws/chat/{room}/")) as client:
            await other.hear_until(event="user_joined")
            client.connection.transport.abort()
            with pytest.raises(ConnectionClosedError):
                await client.hear()
            assert client.connection.close_code == 1006
        assert (await other.hear())["event"] == "user_left"
