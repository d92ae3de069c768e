"""Every way to be known, over sockets and HTTP: good, bad, absent, over, and somebody else's."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from time import time
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request

import jwt
import pytest
from websockets.exceptions import ConnectionClosed

from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.http.calls import call
from tests.notifications.test_processes import run
from tests.servers import opener

SECRET = "a secret of more than thirty-two bytes"
SETTINGS = {
    "HUBBUB_AUTHENTICATION": "token,jwt,user,session",
    "HUBBUB_JWT_ALGORITHMS": "HS256",
    "HUBBUB_JWT_KEY": SECRET,
    "HUBBUB_JWT_FIELD": "username",
    "HUBBUB_RATE_LIMIT": "off",
}
#: For each client a room of its own.
rooms = (f"/ws/chat/matrix-{number}/" for number in count())
MESSAGES = "/api/chat/matrix/messages/"
UNKNOWN = "hub_" + "x" * 43
FOREIGN = [
    "Basic YWRhOnB3",
    'Digest username="ada"',
    "Negotiate YII",
    "AWS4-HMAC-SHA256 C=a/b, S=c",
]
ANONYMOUS = "Anonymous"
REFUSED = (4401, "authentication required")
EXPIRED = (4401, "token expired")
ENDED = (4401, "session ended")


class Shown(NamedTuple):
    """What a client shows: options of a socket, or headers of a call; and in its address."""

    options: Mapping[str, Any] = MappingProxyType({})
    query: str = ""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("matrix"), **SETTINGS) as server:
        run(server, EXPIRE)
        yield server


#: A token whose time is over, as nobody can ask for one.
OLD = "hub_" + "o" * 43
EXPIRE = f"""
import django
django.setup()
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from hubbub.accounts.models import Token
from hubbub.accounts.tokens import token_digest
now = timezone.now()
user = get_user_model().objects.get(username="ada")
Token.objects.create(user=user, digest=token_digest({OLD!r}), created=now, expires=now)
"""


def signed(name="ada", seconds=600, key=SECRET, **claims):
    return jwt.encode({"sub": name, "exp": time() + seconds} | claims, key, "HS256")


def bearer(token):
    return Shown({"authorization": f"Bearer {token}"})


def both(site):
    """By name, what is shown wherever there is a header, and what comes of it."""
    ada = site.people["ada"]
    yield "nothing", Shown(), ANONYMOUS
    yield "token", bearer(ada.token), "ada"
    yield "unknown token", bearer(UNKNOWN), REFUSED
    yield "no token", bearer("null"), REFUSED
    yield "old token", bearer(OLD), EXPIRED
    yield "token of another scheme", Shown({"authorization": f"Token {ada.token}"}), REFUSED
    yield "jwt", bearer(signed()), "ada"
    yield "forged jwt", bearer(signed(key="x" * 40)), REFUSED
    yield "jwt of nobody", bearer(signed("nobody")), REFUSED
    yield "old jwt", bearer(signed(seconds=-1)), EXPIRED
    yield "early jwt", bearer(signed(nbf=time() + 600)), REFUSED
    yield "session", Shown({"cookie": ada.cookie}), "ada"
    yield "unknown session", Shown({"cookie": "hubbub_session=" + "a" * 32}), ENDED
    yield "bad session", Shown({"cookie": "hubbub_session="}), REFUSED
    yield "other cookies", Shown({"cookie": "theme=dark"}), ANONYMOUS
    yield (
        "bad token and session",
        Shown(dict(bearer("null").options) | {"cookie": ada.cookie}),
        REFUSED,
    )
    for scheme in FOREIGN:
        word = scheme.partition(" ")[0]
        yield word, Shown({"authorization": scheme}), ANONYMOUS
        yield f"{word} and session", Shown({"authorization": scheme, "cookie": ada.cookie}), "ada"
        yield (
            f"{word} and bad session",
            Shown({"authorization": scheme, "cookie": "hubbub_session=" + "a" * 32}),
            ENDED,
        )


def sockets(site):
    """What only a socket has a place for."""
    ada = site.people["ada"]
    for name, token, outcome in (
        ("token", ada.token, "ada"),
        ("unknown token", UNKNOWN, REFUSED),
        ("old token", OLD, EXPIRED),
        ("jwt", signed(), "ada"),
        ("forged jwt", signed(key="x" * 40), REFUSED),
        ("old jwt", signed(seconds=-1), EXPIRED),
    ):
        yield f"{name} in the address", Shown(query=f"?token={token}"), outcome
        pair = ["hubbub.v1", f"bearer.{token}"]
        yield f"{name} in a subprotocol", Shown({"subprotocols": pair}), outcome
    yield "no ticket", Shown(query="?ticket=null"), REFUSED
    yield "unknown ticket", Shown(query="?ticket=hubt_" + "x" * 43), REFUSED
    yield "ticket", Shown(query=f"?ticket={ticket(site)}"), "ada"
    session = {"cookie": ada.cookie}
    yield "unknown ticket and session", Shown(session, "?ticket=hubt_" + "x" * 43), REFUSED
    for scheme in FOREIGN:
        shown = {"authorization": scheme}
        yield f"{scheme[:5]} and token", Shown(shown, f"?token={ada.token}"), "ada"
        yield f"{scheme[:5]} and bad token", Shown(shown, f"?token={UNKNOWN}"), REFUSED


def ticket(site):
    answer = call(site.http("/api/auth/ticket/"), {}, bearer=site.people["ada"].token)
    return answer.data["ticket"]


async def speak(site, shown):
    """Who speaks on a socket; or how it is closed."""
    async with talk(site.ws(next(rooms)) + shown.query, **shown.options) as client:
        with suppress(ConnectionClosed):
            await client.say_chat("hi")
        try:
            return (await client.hear_until(type="chat_message"))["username"]
        except ConnectionClosed:
            return await client.goodbye()


async def test_sockets(site):
    outcomes = {}
    expected = {}
    for name, shown, outcome in [*both(site), *sockets(site)]:
        expected[name] = outcome
        outcomes[name] = await speak(site, shown)
    assert outcomes == expected


def post(site, shown):
    """Who speaks over HTTP; or the status."""
    headers = {name.title(): value for name, value in shown.options.items()}
    headers["Content-Type"] = "application/json"
    if "Cookie" in headers:
        headers["X-CSRFToken"] = "a" * 32
        headers["Cookie"] += "; csrftoken=" + "a" * 32
    request = Request(site.http(MESSAGES), b'{"message": "hi"}', headers)
    try:
        with opener.open(request, timeout=15) as answer:
            return json.load(answer)["data"]["username"]
    except HTTPError as error:
        return error.code


def test_http(site):
    cases = list(both(site))
    outcomes = {name: post(site, shown) for name, shown, _ in cases}
    assert outcomes == {
        name: 401 if isinstance(outcome, tuple) else outcome for name, _, outcome in cases
    }


def test_what_only_a_socket_has_a_place_for_counts_for_nothing_over_http(site):
    for _, shown, _ in sockets(site):
        if shown.query and not shown.options:
            answer = call(site.http(MESSAGES) + shown.query, {"message": "hi"})
            assert answer.data["username"] == ANONYMOUS


async def test_a_ticket_opens_one_socket(site):
    shown = Shown(query=f"?ticket={ticket(site)}")
    outcomes = await asyncio.gather(*(speak(site, shown) for _ in range(5)))
    assert sorted(outcomes, key=str) == [*[REFUSED] * 4, "ada"]


async def test_a_connection_ends_when_its_token_does(site):
    began = datetime.now(UTC)
    async with talk(site.ws(next(rooms)), bearer=signed(seconds=3)) as client:
        await client.say_chat("hi")
        assert (await client.hear_until(type="chat_message"))["username"] == "ada"
        assert await client.goodbye() == EXPIRED
    assert timedelta(seconds=1.5) < datetime.now(UTC) - began < timedelta(seconds=25)
