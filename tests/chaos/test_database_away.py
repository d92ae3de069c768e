"""The database is away: everyone gets a clear answer, and is served again when it is back."""

import json
import re
import sqlite3
from contextlib import closing

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.journal import postgresql

pytestmark = pytest.mark.skipif(bool(postgresql.given()), reason="the database is a file here")
PATHS = ["/ws/chat/general/", "/ws/notifications/", "/ws/counter/"]
BUSY = "Server is busy, try again"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("away")) as server:
        yield server


@pytest.fixture
def away(site):
    """No table is where it was; the function puts them back.

    To move the file would not do: who has it open goes on to work with it.
    """
    rename_tables(site, r"(.+)", r"away_\1")
    yield lambda: rename_tables(site, r"away_(.+)", r"\1")
    rename_tables(site, r"away_(.+)", r"\1")


def rename_tables(site, pattern, name):
    """Rename all tables of a server that match."""
    with closing(sqlite3.connect(site.database, timeout=10)) as database:
        rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in rows:
            if re.fullmatch(pattern, table) and not table.startswith("sqlite_"):
                new = re.sub(pattern, name, table)
                database.execute(f'ALTER TABLE "{table}" RENAME TO "{new}"')
        database.commit()


def shown(person):
    """The options of each way to show a credential."""
    pair = [Subprotocol("hubbub.v1"), Subprotocol(f"bearer.{person.token}")]
    return [{"bearer": person.token}, {"cookie": person.cookie}, {"subprotocols": pair}]


@pytest.fixture
def away_later(request):
    """As `away`, once it is called."""
    return lambda: request.getfixturevalue("away")


async def test_who_is_here_is_answered_and_served_when_it_is_back(site, away_later):
    async with talk(site.ws(PATHS[0])) as chat:
        await chat.say_chat("before")
        await chat.hear_until(message="before")
        come_back = away_later()
        await chat.say_chat("hi")
        assert (await chat.hear_until(type="error"))["message"] == BUSY
        come_back()
        await chat.say_chat("again")
        await chat.hear_until(message="again")
        assert [frame["message"] for frame in chat.heard] == ["before", BUSY, "again"]


@pytest.mark.parametrize("path", ["/ws/chat/away/", "/ws/counter/away/", PATHS[1]])
async def test_who_cannot_be_told_where_it_stands_is_asked_to_come_again(site, away, path):
    with pytest.raises(InvalidStatus) as caught:
        async with talk(site.ws(path)):
            pass
    assert caught.value.response.status_code == 503
    assert int(caught.value.response.headers["Retry-After"]) >= 1
    away()
    async with talk(site.ws(path)) as client:
        await client.say_raw("nonsense")
        await client.hear_until(type="error")


@pytest.mark.parametrize("path", PATHS)
async def test_connections_with_a_credential_are_answered_503_until_it_is_back(site, away, path):
    for options in shown(site.people["ada"]):
        with pytest.raises(InvalidStatus) as caught:
            async with talk(site.ws(path), **options):
                pass
        response = caught.value.response
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) >= 1
        assert json.loads(response.body) == {"status": "error", "message": BUSY}
    away()
    for options in shown(site.people["ada"]):
        async with talk(site.ws(path), **options) as client:
            await client.say_raw("nonsense")
            await client.hear_until(type="error")


async def test_a_name_that_cannot_be_looked_up_is_overloaded_and_may_be_sent_again(
    site, away_later
):
    async with talk(site.ws("/ws/chat/names/")) as client:
        await client.say_chat("before")
        await client.hear_until(message="before")
        come_back = away_later()
        await client.say_chat("hi", username="john", id="c-1")
        error = await client.hear()
        assert error.pop("retry_after") > 0
        assert error == {"type": "error", "message": BUSY, "code": "overloaded", "id": "c-1"}
        come_back()
        await client.say_chat("hi", username="john", id="c-1")
        said = await client.hear_until(type="chat_message")
        assert (said["username"], said["seq"]) == ("john", 2), "nothing was stored before"


async def test_who_was_signed_in_before_goes_on(site, away_later):
    ada = site.people["ada"]
    async with talk(site.ws(PATHS[0]), bearer=ada.token) as client:
        await client.say_chat("me")
        await client.hear_until(message="me")
        come_back = away_later()
        await client.say_chat("still me")
        come_back()
        await client.say_chat("me again")
        assert (await client.hear_until(message="me again"))["username"] == "ada"


async def test_http_says_503_where_it_needs_the_database_and_ready_again_later(site, away):
    ada = site.people["ada"]
    body = {"title": "T", "message": "M"}
    bearer = {"Authorization": f"Bearer {ada.token}"}
    async with httpx.AsyncClient(base_url=site.http(""), trust_env=False) as http:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503
        assert (await http.post("/api/notifications/send/", json=body)).status_code in {200, 503}
        refused = await http.post("/api/notifications/send/", json=body, headers=bearer)
        assert refused.status_code == 503
        assert refused.json() == {"status": "error", "message": BUSY}
        away()
        assert (await http.get("/readyz")).status_code == 200
        taken = await http.post("/api/notifications/send/", json=body, headers=bearer)
        assert taken.status_code == 200
