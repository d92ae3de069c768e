"""A credential is in nothing that the server prints, however it was shown and at whatever level."""

import asyncio

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin, Subprotocol

from tests.api_v1.serving import PROJECT, SITE, serve
from tests.api_v1.talk import talk

PATHS = [
    "/ws/chat/general/",
    "/ws/notifications/",
    "/ws/counter/",
    "/ws/nowhere/",
    "/ws/chat/a%20b/",
]
BAD = "hub_" + "b" * 43


@pytest.fixture(params=[SITE, PROJECT])
def site(request, tmp_path):
    with serve(tmp_path, settings=request.param, HUBBUB_LOG_LEVEL="DEBUG") as server:
        yield server


def ways(token, cookie):
    """Each way to show a credential: what is added to the address, and the options."""
    pair = [Subprotocol("hubbub.v1"), Subprotocol(f"bearer.{token}")]
    return [
        ("", {"bearer": token}),
        ("", {"subprotocols": pair}),
        ("", {"subprotocols": pair[1:]}),
        (f"?token={token}", {}),
        (f"?history=0&token={token}", {}),
        (f"?ticket={token}", {}),
        (f"?token={token}", {"origin": Origin("https://evil.example")}),
        (f"?token={token}", {"subprotocols": pair, "bearer": token, "cookie": cookie}),
        ("", {"cookie": cookie}),
    ]


async def visit(url, options):
    """Connect, say something bad, and leave."""
    try:
        async with talk(url, **options) as client:
            await client.say_raw("nonsense")
            await client.hear_until(type="error")
    except (InvalidHandshake, ConnectionClosed):
        pass


async def ask(site, token, cookie):
    """HTTP, with the credential in every place where somebody may have put it."""
    body = {"title": "T", "message": "M"}
    async with httpx.AsyncClient(base_url=site.http(""), trust_env=False) as http:
        for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": cookie}):
            for path in ("/api/notifications/send/", "/api/nowhere/", "/", "/ws/chat/general/"):
                await http.post(path, json=body, headers=headers)
                await http.get(f"{path}?token={token}", headers=headers)
        await http.post("/api/auth/token/", json={"username": "ada", "password": token})


async def send_broken_requests(port, token):
    """Requests that no server can read, with a token in them."""
    for request in (
        f"GET /ws/chat/general/?token={token} HTTP/9.9\r\n\r\n",
        f"GET /ws/chat/general/?token={token} \x00\r\n\r\n",
        f"GET /?token={token} HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request.encode())
        async with asyncio.timeout(15):
            await reader.read()
        writer.close()


async def test_no_credential_is_in_what_the_server_prints(site):
    ada = site.people["ada"]
    for token in (ada.token, BAD):
        for query, options in ways(token, ada.cookie):
            for path in PATHS:
                await visit(site.ws(path + query), options)
        await ask(site, token, ada.cookie)
        await send_broken_requests(site.port, token)
    site.running.stop()
    printed = site.running.output()
    assert "http_invalid" in printed, "it did print something of all that"
    session = ada.cookie.partition("=")[2]
    for secret in (ada.token, BAD, session):
        assert secret not in printed
        assert secret.removeprefix("hub_")[:20] not in printed
