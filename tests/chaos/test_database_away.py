"""The database is away: who shows no credential notices nothing, the others are told to wait."""

import json

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.api_v1.serving import serve
from tests.api_v1.talk import talk

PATHS = ["/ws/chat/general/", "/ws/notifications/", "/ws/counter/"]
BUSY = "Server is busy, try again"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("away")) as server:
        yield server


@pytest.fixture
def away(site):
    """A folder lies where the database was; the function puts that one back."""
    file, elsewhere = site.database, site.database.with_suffix(".elsewhere")
    file.rename(elsewhere)
    file.mkdir()

    def come_back():
        if elsewhere.exists():
            file.rmdir()
            elsewhere.rename(file)

    yield come_back
    come_back()


def shown(person):
    """The options of each way to show a credential."""
    pair = [Subprotocol("hubbub.v1"), Subprotocol(f"bearer.{person.token}")]
    return [{"bearer": person.token}, {"cookie": person.cookie}, {"subprotocols": pair}]


async def test_connections_without_a_credential_work(site, away):
    async with talk(site.ws(PATHS[0])) as chat, talk(site.ws(PATHS[2])) as counter:
        await chat.say_chat("hi")
        assert (await chat.hear())["message"] == "hi"
        await counter.say(action="increment")
        await counter.hear_until(action="increment")
    async with talk(site.ws(PATHS[1])) as notifications:
        assert (await notifications.hear())["status"] == "connected"


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


async def test_a_name_that_cannot_be_looked_up_is_overloaded_and_may_be_sent_again(site, away):
    async with talk(site.ws("/ws/chat/names/")) as client:
        await client.say_chat("hi", username="john", id="c-1")
        error = await client.hear()
        assert error.pop("retry_after") > 0
        assert error == {"type": "error", "message": BUSY, "code": "overloaded", "id": "c-1"}
        await client.say_chat("without a name")
        assert (await client.hear())["seq"] == 1, "nothing was stored"
        away()
        await client.say_chat("hi", username="john", id="c-1")
        assert (await client.hear())["username"] == "john"


async def test_who_was_signed_in_before_goes_on(site, request):
    ada = site.people["ada"]
    async with talk(site.ws(PATHS[0]), bearer=ada.token) as client:
        request.getfixturevalue("away")
        await client.say_chat("still me")
        assert (await client.hear())["username"] == "ada"


async def test_http_says_503_where_it_needs_the_database_and_ready_again_later(site, away):
    ada = site.people["ada"]
    body = {"title": "T", "message": "M"}
    bearer = {"Authorization": f"Bearer {ada.token}"}
    async with httpx.AsyncClient(base_url=site.http(""), trust_env=False) as http:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503
        assert (await http.post("/api/notifications/send/", json=body)).status_code == 200
        refused = await http.post("/api/notifications/send/", json=body, headers=bearer)
        assert refused.status_code == 503
        assert refused.json() == {"status": "error", "message": BUSY}
        away()
        assert (await http.get("/readyz")).status_code == 200
        taken = await http.post("/api/notifications/send/", json=body, headers=bearer)
        assert taken.status_code == 200
