"""How much one address, one user and the whole process may have."""

import json
import socket
from contextlib import AsyncExitStack

import pytest
from websockets.exceptions import InvalidStatus

from tests.api_v1.serving import serve
from tests.api_v1.talk import talk

#: Three addresses of this machine.
HERE, THERE, ELSEWHERE = ("127.0.0.1", 0), ("127.0.0.2", 0), ("127.0.0.3", 0)


def has_all_addresses():
    """Whether the loopback interface has more than one address, as on Linux."""
    with socket.socket() as one, socket.socket() as other:
        try:
            one.bind(THERE)
            other.bind(ELSEWHERE)
        except OSError:
            return False
        return True


pytestmark = pytest.mark.skipif(not has_all_addresses(), reason="there is one loopback address")


@pytest.fixture(scope="module")
def small_site(tmp_path_factory):
    variables = {
        "HUBBUB_MAX_CONNECTIONS": "3",
        "HUBBUB_MAX_CONNECTIONS_PER_ADDRESS": "2",
        "HUBBUB_RATE_LIMIT": "off",
        "HUBBUB_RATE_LIMIT_USER": "4/h",
        "HUBBUB_RATE_LIMIT_ADDRESS": "8/h",
    }
    with serve(tmp_path_factory.mktemp("small"), **variables) as server:
        yield server


@pytest.fixture
def url(small_site):
    return small_site.ws("/ws/chat/capacity/")


async def refusal(url, local_addr):
    with pytest.raises(InvalidStatus) as caught:
        async with talk(url, local_addr=local_addr):
            pass
    return caught.value.response


async def test_one_too_many_from_an_address_is_answered_429_and_from_all_503(url):
    async with AsyncExitStack() as stack:
        for local_addr in (HERE, HERE, THERE):
            await stack.enter_async_context(talk(url, local_addr=local_addr))
        for local_addr in (THERE, HERE):
            response = await refusal(url, local_addr)
            assert response.status_code == 503
            assert int(response.headers["Retry-After"]) >= 1
            assert json.loads(response.body) == {
                "status": "error",
                "message": "Server is busy, try again",
            }
    async with talk(url, local_addr=HERE), talk(url, local_addr=HERE):
        response = await refusal(url, HERE)
        assert response.status_code == 429
        assert int(response.headers["Retry-After"]) >= 1
        assert json.loads(response.body)["message"] == "Rate limit exceeded"
        async with talk(url, local_addr=THERE) as other:
            await other.say_raw("nonsense")
            assert (await other.hear())["code"] == "invalid_json"


async def test_the_limit_of_a_user_holds_over_all_its_connections(small_site, url):
    ada = small_site.people["ada"]
    async with (
        talk(url, bearer=ada.token, local_addr=HERE) as one,
        talk(url, cookie=ada.cookie, local_addr=THERE) as two,
    ):
        for number, client in enumerate((one, two) * 2):
            await client.say_chat(f"hi {number}")
            await client.hear_until(message=f"hi {number}")
        for client in (one, two):
            await client.say_chat("one too many")
            refused = await client.hear_until(type="error")
            assert refused["code"] == "rate_limited"
            assert 0 < refused["retry_after"] <= 3600


async def test_the_limit_of_an_address_holds_over_all_its_connections(url):
    async with (
        talk(url, local_addr=ELSEWHERE) as one,
        talk(url, local_addr=ELSEWHERE) as two,
        talk(url, local_addr=THERE) as other,
    ):
        for number, client in enumerate((one, two) * 4):
            await client.say_chat(f"hi {number}")
            await client.hear_until(message=f"hi {number}")
        for client in (one, two):
            await client.say_chat("one too many")
            assert (await client.hear_until(type="error"))["code"] == "rate_limited"
        await other.say_chat("from there")
        await one.hear_until(message="from there")
