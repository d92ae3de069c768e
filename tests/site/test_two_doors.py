"""A socket and HTTP read the same JSON by the same rules, at every endpoint."""

import json
from functools import partial
from itertools import count

import pytest

from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.http.calls import call

ODDITIES = {
    "a number without end": "1e400",
    "a negative one": "-1e400",
    "many digits": "7" * 5000,
    "one within": '[{"a":1e400}]',
    "half a pair": '"\\ud800"',
    "half a pair within": '{"a":["\\udfff"]}',
    "depth": "[" * 31 + "]" * 31,
    "a key given twice": '{"a":1,"a":2}',
    "null": "null",
}
#: No JSON, in a key that nobody knows.
BROKEN = ["NaN", "Infinity", "01", '"\\x"', "[" * 32 + "]" * 32, "'text'"]
BLANK = ["", " \n", "\u2028", "\u200b", "\u3164\ufeff"]
numbers = count(1)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    settings = {"HUBBUB_RATE_LIMIT": "off", "HUBBUB_NOTIFICATIONS_SEND": "anyone"}
    with serve(tmp_path_factory.mktemp("doors"), **settings) as server:
        yield server


async def over_http(site, path, bearer, body):
    """The frame, or the error's sentence, as a socket tells it."""
    answer = call(site.http(path), body.encode(), bearer=bearer)
    return answer.data if answer.status == 200 else {"type": "error", **answer.body}


async def over_a_socket(site, path, bearer, body):
    async with talk(site.ws(path), bearer=bearer) as client:
        await client.say_raw(body)
        wanted = {"chat_message", "error", "notifications"}
        while (frame := await client.hear())["type"] not in wanted and "action" not in frame:
            pass
        return frame


CHAT = '"type":"chat_message","message":"hi"'
MOVE = '"action":"increment","value":3'
#: How each is asked: the way, the path, what is in the body, and what shows that it was done.
REQUESTS = {
    "chat": (over_a_socket, "/ws/chat/door-{}/", CHAT, {"message": "hi"}),
    "chat over HTTP": (over_http, "/api/chat/door-{}/messages/", CHAT, {"message": "hi"}),
    "counter": (over_a_socket, "/ws/counter/door-{}/", MOVE, {"value": 3}),
    "counter over HTTP": (over_http, "/api/counter/door-{}/", MOVE, {"value": 3}),
    "inbox": (over_a_socket, "/ws/notifications/", '"action":"list"', {"more": False}),
    "sending": (
        over_http,
        "/api/notifications/send/",
        '"title":"t","message":"m"',
        {"title": "t"},
    ),
}


@pytest.fixture(params=REQUESTS)
def ask(request, site):
    """Ask with these keys beside the others; returns what came and what shows success."""
    way, path, keys, done = REQUESTS[request.param]
    where = path.format(next(numbers))

    async def asking(*more, before=()):
        body = "{" + ",".join((*before, keys, *more)) + "}"
        return await way(site, where, site.people["ada"].token, body), done

    return asking


@pytest.mark.parametrize("oddity", ODDITIES)
async def test_an_unknown_key_is_ignored_whatever_lies_in_it(ask, oddity):
    for place in ("before", "after"):
        note = f'"note":{ODDITIES[oddity]}'
        frame, done = await (ask(before=(note,)) if place == "before" else ask(note))
        assert done.items() <= frame.items(), place


@pytest.mark.parametrize("value", BROKEN)
async def test_what_is_no_json_is_told_so_wherever_it_is(ask, value):
    frame, _ = await ask(f'"note":{value}')
    assert frame["message"] == "Invalid JSON format"


async def test_a_token_is_given_whatever_lies_in_an_unknown_key(site):
    login = '{"username":"ada","password":"wrong","note":%s}'
    for oddity in ODDITIES.values():
        answer = call(site.http("/api/auth/token/"), (login % oddity).encode())
        assert answer.refusal == (401, "Wrong username or password")


@pytest.mark.parametrize("value", ["1e400", '"text"', "null", '"\\ud800"', "[1e400]", "true"])
@pytest.mark.parametrize("door", ["counter", "counter over HTTP"])
async def test_a_reset_takes_no_notice_of_the_value(site, door, value):
    way, path, *_ = REQUESTS[door]
    ask = partial(way, site, path.format(next(numbers)), "")
    await ask('{"action":"increment","value":9}')
    frame = await ask(f'{{"action":"reset","value":{value}}}')
    assert (frame["action"], frame["value"], frame["counter"]) == ("reset", 0, 0)


@pytest.mark.parametrize("door", ["counter", "counter over HTTP"])
@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("1e400", "Counter out of range"),
        ("-" + "9" * 5000, "Counter out of range"),
        ("9" * 30, "Counter out of range"),
        ("1.5", "Invalid message format"),
        ('"\\ud800"', "Invalid message format"),
        ("[1e400]", "Invalid message format"),
    ],
)
async def test_a_value_gets_the_same_sentence_at_both_doors(site, door, value, sentence):
    way, path, *_ = REQUESTS[door]
    body = f'{{"action":"increment","value":{value},"id":"c-1"}}'
    frame = await way(site, path.format(next(numbers)), "", body)
    assert frame["message"] == sentence
    if door == "counter":
        assert frame["id"] == "c-1"


@pytest.mark.parametrize("text", BLANK)
async def test_what_is_blank_is_blank_at_both_doors(site, text):
    blank = json.dumps({"type": "chat_message", "message": text})
    for door in ("chat", "chat over HTTP"):
        way, path, *_ = REQUESTS[door]
        frame = await way(site, path.format(next(numbers)), "", blank)
        assert frame["message"] == "Invalid message (max 1000 characters)"
    for body in ({"title": text, "message": "m"}, {"title": "t", "message": text}):
        answer = call(site.http("/api/notifications/send/"), body)
        assert answer.refusal == (400, "Title and message are required")


@pytest.mark.parametrize("oddity", ["1e400", '"\\ud800"', "[" * 30 + "]" * 30, "7" * 5000])
@pytest.mark.parametrize("kind", [str, str.encode])
@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("/ws/chat/ids/", '"type":"chat_message","message":7'),
        ("/ws/chat/ids/", '"type":"nonsense"'),
        ("/ws/counter/ids/", '"action":"increment","value":"x"'),
        ("/ws/notifications/", '"action":"list","limit":1e400'),
        ("/ws/notifications/", '"action":[1e400]'),
    ],
)
async def test_an_error_has_the_id_of_its_request_wherever_it_can_be_read(
    site, path, keys, kind, oddity
):
    async with talk(site.ws(path)) as client:
        await client.say_raw(kind(f'{{"note":{oddity},"id":"c-17",{keys}}}'))
        assert (await client.hear_until(type="error"))["id"] == "c-17"
