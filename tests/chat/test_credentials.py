"""Who is speaking on a connection, for all three sockets: the ways to show it, and the refusals."""

import json

import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.api_v1.talk import talk

PATHS = ["/ws/chat/general/", "/ws/notifications/", "/ws/counter/"]
UNKNOWN = "hub_" + "x" * 43
FOREIGN = [
    "https://evil.example",
    "null",
    "http://127.0.0.1.evil.example",
    "http://localhost:1",
    "file://",
]


def ways(person):
    """How a person can show who they are: what is added to the address, and the options."""
    pair = [Subprotocol("hubbub.v1"), Subprotocol(f"bearer.{person.token}")]
    return {
        "header": ("", {"bearer": person.token}),
        "subprotocol": ("", {"subprotocols": pair}),
        "query": (f"?token={person.token}", {}),
        "cookie": ("", {"cookie": person.cookie}),
    }


async def is_refused(url, reason="authentication required", **options):
    """Accepted, told why, and closed: a browser shows a page nothing of a refused handshake."""
    async with talk(url, **options) as client:
        assert await client.goodbye() == (4401, reason)
    assert client.heard == [
        {"type": "error", "message": "Authentication required", "code": "unauthenticated"}
    ]


@pytest.mark.parametrize("way", ["header", "subprotocol", "query", "cookie"])
async def test_each_way_to_show_a_credential_signs_in(url, people, way):
    query, options = ways(people["ada"])[way]
    async with talk(url + query, **options) as client:
        await client.say_chat("hi")
        assert (await client.hear_until(type="chat_message"))["username"] == "ada"


async def test_the_subprotocol_pair_is_answered_with_the_first_never_with_the_token(url, people):
    _, options = ways(people["ada"])["subprotocol"]
    async with talk(url, **options) as client:
        assert client.connection.subprotocol == "hubbub.v1"


async def test_the_first_way_that_holds_anything_decides(url, people):
    ada, bob, eve = people["ada"], people["bob"], people["eve"]
    address = f"{url}?token={bob.token}"
    async with talk(address, bearer=ada.token, cookie=eve.cookie) as client:
        await client.say_chat("hi")
        assert (await client.hear())["username"] == "ada"
    async with talk(address, cookie=eve.cookie) as client:
        await client.say_chat("hi")
        assert (await client.hear_until(type="chat_message"))["username"] == "bob"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", {"bearer": UNKNOWN}),
        ("", {"bearer": "nonsense"}),
        ("", {"authorization": f"Token {UNKNOWN}"}),
        (f"?token={UNKNOWN}", {}),
        ("?token=", {}),
        ("?token=%00", {}),
        ("", {"cookie": "hubbub_session="}),
        ("", {"subprotocols": ["hubbub.v1", f"bearer.{UNKNOWN}"]}),
        ("", {"subprotocols": [f"bearer.{UNKNOWN}"]}),
    ],
)
async def test_a_bad_credential_is_told_and_closed_with_4401(site, path, query, options):
    await is_refused(site.ws(path + query), **options)


@pytest.mark.parametrize("path", PATHS)
async def test_a_session_that_is_not_there_any_more_is_told_so(site, path):
    await is_refused(site.ws(path), "session ended", cookie="hubbub_session=nosuchsession")


async def test_a_bad_token_is_not_made_good_by_a_good_cookie(url, people):
    await is_refused(f"{url}?token={UNKNOWN}", cookie=people["ada"].cookie)


async def test_a_session_of_nobody_is_anonymous(url):
    async with talk(url, cookie="csrftoken=abc; theme=dark") as client:
        await client.say_chat("hi")
        assert (await client.hear())["username"] == "Anonymous"


@pytest.mark.parametrize("path", PATHS)
async def test_an_endpoint_that_requires_a_user_refuses_anonymous_ones(strict_site, path):
    await is_refused(strict_site.ws(path))


@pytest.mark.parametrize("path", PATHS)
async def test_an_endpoint_that_requires_a_user_takes_one(strict_site, path):
    async with talk(strict_site.ws(path), bearer=strict_site.people["ada"].token) as client:
        await client.say_raw("nonsense")
        assert (await client.hear_until(type="error"))["code"] == "invalid_json"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_page_of_another_site_is_answered_403(site, people, path, origin):
    with pytest.raises(InvalidStatus) as caught:
        async with talk(site.ws(path), origin=Origin(origin), cookie=people["ada"].cookie):
            pass
    response = caught.value.response
    assert response.status_code == 403
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(response.body) == {"status": "error", "message": "Not allowed"}


async def test_the_sites_own_page_may_connect(site, url):
    async with talk(url, origin=Origin(site.http(""))) as client:
        await client.say_chat("from the page")
        assert (await client.hear())["message"] == "from the page"


async def test_a_page_that_the_settings_list_may_connect(strict_site):
    url = strict_site.ws("/ws/counter/")
    token = strict_site.people["ada"].token
    async with talk(url, origin=Origin("https://example.org"), bearer=token) as client:
        assert (await client.hear())["message"] == "Connected to counter"
