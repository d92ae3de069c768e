"""A credential ends, and so does what is connected by it: on our own server and on Daphne.

What other processes do is done here in the database itself.
"""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from hubbub.accounts.credentials import PREFIX
from hubbub.accounts.tokens import token_digest
from tests.api_v1.serving import BRISK, KINDS, serve
from tests.api_v1.talk import talk
from tests.http.calls import call

PATHS = ["/ws/chat/endings/", "/ws/notifications/", "/ws/counter/"]
#: The socket for many streams, which asks for it.
MANY = "/ws/"
V1 = ["hubbub.v1"]
COOKIE = "hubbub_session"
TOLD = {"type": "error", "message": "Authentication required", "code": "unauthenticated"}


@pytest.fixture(scope="module", params=KINDS)
def site(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("endings")
    with serve(folder, kind=request.param, settings=BRISK) as server:
        yield server


@pytest.fixture
def execute(site):
    """Run a statement as another process would."""

    def run(statement, *parameters):
        with closing(sqlite3.connect(site.database, timeout=10, isolation_level=None)) as database:
            changed = database.execute(statement, parameters).rowcount
        assert changed == 1, statement

    return run


@pytest.fixture
def new_token(site, execute):
    """A fresh token of ada's, which works for some seconds."""

    def make(seconds=3600.0):
        secret = PREFIX + secrets.token_urlsafe(32)
        now = datetime.now(UTC).replace(tzinfo=None)
        execute(
            "INSERT INTO hubbub_accounts_token (user_id, digest, password, label, created, expires)"
            " VALUES (?, ?, '', '', ?, ?)",
            site.people["ada"].user_id,
            token_digest(secret),
            str(now),
            (now + timedelta(seconds=seconds)).isoformat(" ", "microseconds"),
        )
        return secret

    return make


@pytest.fixture
def new_session(site, execute):
    """A fresh session of somebody."""

    def make(name):
        key = secrets.token_hex(16)
        (old,) = [
            part.split("=")[1]
            for part in site.people[name].cookie.split("; ")
            if part.startswith(COOKIE)
        ]
        execute(
            "INSERT INTO django_session SELECT ?, session_data, expire_date"
            " FROM django_session WHERE session_key = ?",
            key,
            old,
        )
        return key

    return make


async def is_welcome(client):
    """It hears, and is heard; over a socket for many streams, of one of them."""
    if client.connection.request.path == MANY:
        await client.say(type="subscribe", stream="notifications")
        await client.hear_until(type="subscribed")
    await client.say_raw("nonsense")
    await client.hear_until(code="invalid_json")


@pytest.fixture
def is_sent_away(request):
    """Daphne passes on no reasons."""
    kind = request.node.callspec.params["site"]

    async def check(client, reason):
        assert await client.goodbye() == (4401, reason if kind == "hubbub" else "")
        assert client.heard[-1] == TOLD

    return check


@pytest.mark.parametrize("path", [*PATHS, MANY])
async def test_a_token_that_expires_ends_what_is_connected_by_it(
    site, new_token, path, is_sent_away
):
    def connect(**options):
        return talk(site.ws(path), subprotocols=V1, **options)

    secret, lasting = new_token(1.0), new_token()
    async with connect(bearer=lasting) as other, connect() as anonymous:
        async with connect(bearer=secret) as client:
            await is_welcome(client)
            await is_sent_away(client, "token expired")
        async with connect(bearer=secret) as client:
            await is_sent_away(client, "token expired")
            assert client.heard == [TOLD]
        await is_welcome(other)
        await is_welcome(anonymous)


@pytest.mark.parametrize("way", ["query", "subprotocol"])
async def test_it_does_however_it_was_shown(site, new_token, way, is_sent_away):
    secret = new_token(1.0)
    pair = {"subprotocols": ["hubbub.v1", f"bearer.{secret}"]}
    query, options = (f"?token={secret}", {}) if way == "query" else ("", pair)
    async with talk(site.ws(PATHS[0] + query), **options) as client:
        await is_welcome(client)
        await is_sent_away(client, "token expired")


async def test_a_token_that_is_revoked_over_http_ends_all_its_connections(
    site, new_token, is_sent_away
):
    secret, kept = new_token(), new_token()
    async with (
        talk(site.ws(PATHS[0]), bearer=secret) as chat,
        talk(site.ws(PATHS[1]), bearer=secret) as notifications,
        talk(site.ws(PATHS[2]), bearer=kept) as other,
    ):
        for client in (chat, notifications, other):
            await is_welcome(client)
        assert call(site.http("/api/auth/token/revoke/"), {}, bearer=secret).status == 200
        for client in (chat, notifications):
            await is_sent_away(client, "authentication required")
        await is_welcome(other)


async def test_a_token_that_another_process_deletes_ends_too(
    site, new_token, execute, is_sent_away
):
    secret = new_token()
    async with talk(site.ws(PATHS[0]), bearer=secret) as client:
        await is_welcome(client)
        execute("DELETE FROM hubbub_accounts_token WHERE digest = ?", token_digest(secret))
        await is_sent_away(client, "authentication required")


async def sign_out(site, key):
    """As the page does."""
    async with httpx.AsyncClient(base_url=site.http(""), trust_env=False) as http:
        http.cookies.set(COOKIE, key)
        await http.get("/login/")
        token = http.cookies["csrftoken"]
        answer = await http.post("/logout/", headers={"X-CSRFToken": token})
        assert answer.status_code == 302


@pytest.mark.parametrize("path", [PATHS[0], MANY])
async def test_a_logout_ends_the_sessions_connections_and_no_others(
    site, new_session, is_sent_away, path
):
    key, elsewhere = new_session("ada"), new_session("ada")
    async with (
        talk(site.ws(path), cookie=f"{COOKIE}={key}", subprotocols=V1) as client,
        talk(site.ws(path), cookie=f"{COOKIE}={elsewhere}", subprotocols=V1) as other,
    ):
        await is_welcome(client)
        await sign_out(site, key)
        await is_sent_away(client, "session ended")
        await is_welcome(other)
    async with talk(site.ws(path), cookie=f"{COOKIE}={key}", subprotocols=V1) as client:
        await is_sent_away(client, "session ended")


@pytest.mark.parametrize(
    "ending",
    [
        ("ada", "UPDATE django_session SET expire_date = '2020-01-01' WHERE session_key = :key"),
        ("ada", "DELETE FROM django_session WHERE session_key = :key"),
        ("bob", "UPDATE auth_user SET password = 'another' WHERE username = 'bob'"),
        ("eve", "UPDATE auth_user SET is_active = 0 WHERE username = 'eve'"),
    ],
    ids=["expired", "deleted", "password", "inactive"],
)
async def test_whatever_ends_a_session_ends_what_is_connected_by_it(
    site, new_session, execute, ending, is_sent_away
):
    name, statement = ending
    key = new_session(name)
    async with talk(site.ws(PATHS[0]), cookie=f"{COOKIE}={key}") as client:
        await is_welcome(client)
        parameters = [key] if ":key" in statement else []
        execute(statement.replace(":key", "?"), *parameters)
        await is_sent_away(client, "session ended")
    async with talk(site.ws(PATHS[0]), cookie=f"{COOKIE}={key}") as client:
        await is_sent_away(client, "session ended")
