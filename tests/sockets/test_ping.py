import json

import pytest

from hubbub.errors import RateLimitedError
from hubbub.fanout.frame import read_texts
from hubbub.sockets import failures
from hubbub.sockets.failures import LOOKED_INTO, error_frame
from hubbub.sockets.ping import PING_SECONDS, PONG, is_ping
from tests.api_v1.serving import serve
from tests.api_v1.talk import talk

ENDPOINTS = ["/ws/chat/pinged/", "/ws/notifications/", "/ws/counter/pinged/"]


@pytest.mark.parametrize("kind", [str, str.encode])
@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"ping"}',
        ' {\n"type" : "ping" }\t',
        '{"id":"p-1","type":"ping"}',
        '{"type":"ping","note":[1e400]}',
    ],
)
def test_a_ping_is_an_object_of_that_type(frame, kind):
    assert is_ping(kind(frame))


@pytest.mark.parametrize("kind", [str, str.encode])
@pytest.mark.parametrize(
    "frame",
    [
        "",
        '"ping"',
        '{"type":"Ping"}',
        '{"type":["ping"]}',
        '{"type":"ping"',
        '{"type":"chat_message","message":"ping"}',
        '{"action":"ping"}',
        '{"type":"ping","note":"' + "x" * LOOKED_INTO + '"}',
    ],
)
def test_nothing_else_is(frame, kind):
    assert not is_ping(kind(frame))


def test_a_pong_is_the_published_frame():
    assert list(read_texts(PONG)) == ['{"type":"pong"}']


@pytest.mark.parametrize("kind", [str, str.encode])
def test_a_long_frame_that_is_refused_for_its_rate_is_not_read_even_for_its_id(monkeypatch, kind):
    frame = '{"id":"c-17","message":"%s"}'
    short = kind(frame % ("x" * (LOOKED_INTO - len(frame) + 2)))
    long = kind(frame % ("x" * LOOKED_INTO))
    read = []
    decode = failures.decode
    monkeypatch.setattr(failures, "decode", lambda *given: read.append(given[1]) or decode(*given))
    told = [
        json.loads(next(read_texts(error_frame(RateLimitedError(1), it)))) for it in (short, long)
    ]
    assert ["id" in error for error in told] == [True, False]
    assert read == [short]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("ping"), HUBBUB_RATE_LIMIT="2/h") as server:
        yield server


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_every_endpoint_answers_a_ping_and_counts_it_as_no_message(site, path):
    async with talk(site.ws(path)) as client:
        await client.say(type="ping")
        await client.hear_until(type="pong")
        for _ in range(2):
            await client.say(type="nonsense")
            assert (await client.hear_until(type="error"))["code"] == "invalid_format"
        await client.say(type="nonsense")
        assert (await client.hear_until(type="error"))["code"] == "rate_limited"
        await client.say(type="ping", id="p-2")
        error = await client.hear_until(type="error")
        assert (error["code"], error["id"]) == ("rate_limited", "p-2")
        assert 0 < error["retry_after"] <= PING_SECONDS


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_a_flood_of_pings_is_sent_away(site, path):
    async with talk(site.ws(path)) as client:
        for _ in range(150):
            await client.say(type="ping")
        assert await client.goodbye() == (4429, "rate limit")
        kinds = [frame.get("code") or frame["type"] for frame in client.heard]
        assert (kinds.count("pong"), kinds.count("rate_limited")) == (1, 100)


async def test_a_ping_makes_a_member_of_a_room_extended(site):
    async with talk(site.ws(ENDPOINTS[0])) as client, talk(site.ws(ENDPOINTS[0])) as v1:
        await client.say(type="ping")
        await client.hear_until(type="pong")
        async with talk(f"{site.ws(ENDPOINTS[0])}?history=0") as other:
            await other.say(type="typing")
            await other.say_chat("after it")
            await client.hear_until(type="typing")
            await v1.hear_until(message="after it")
    assert "typing" not in {frame["type"] for frame in v1.heard}


async def test_a_ping_makes_a_device_extended(site):
    token = site.people["ada"].token
    async with talk(site.ws(ENDPOINTS[1]), bearer=token) as client:
        await client.say(type="ping")
        await client.hear_until(type="pong")
        async with talk(site.ws(ENDPOINTS[1]), bearer=token) as other:
            await other.say(action="read_all")
            await client.hear_until(type="unread_count")
