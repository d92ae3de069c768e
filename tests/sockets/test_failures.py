import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils.translation import gettext_lazy

from hubbub.errors import (
    ForbiddenError,
    InvalidFormatError,
    InvalidJSONError,
    InvalidValueError,
    NotFoundError,
    OverloadedError,
    RateLimitedError,
    Refusal,
)
from hubbub.fanout.frame import read_texts
from hubbub.sockets.failures import HangUp, error_frame, refuse_handshake
from hubbub.wire.closes import FORBIDDEN


def body(refusal, payload=b""):
    (text,) = read_texts(error_frame(refusal, payload))
    return json.loads(text)


def is_ours(kind):
    """Whether a refusal is none of a test's own project."""
    return kind.__module__.startswith("hubbub.")


def all_refusals(kind=Refusal):
    for sub in kind.__subclasses__():
        yield sub
        yield from all_refusals(sub)


def test_an_error_frame_has_the_sentence_and_the_code():
    assert body(InvalidFormatError()) == {
        "type": "error",
        "message": "Invalid message format",
        "code": "invalid_format",
    }


class Taken(Refusal):
    """A project's own."""

    sentence = gettext_lazy("That seat is taken")
    code = "taken"
    status = 409


def test_a_projects_own_refusal_is_told_with_what_django_writes_as_json():
    assert str(Taken()) == "That seat is taken"
    refusal = Taken(field="seat")
    refusal.details = {"until": datetime(2026, 1, 1, tzinfo=UTC), "price": Decimal("1.50")}
    assert body(refusal) == {
        "type": "error",
        "message": "That seat is taken",
        "code": "taken",
        "field": "seat",
        "until": "2026-01-01T00:00:00Z",
        "price": "1.50",
    }


@pytest.mark.parametrize(
    ("body", "lacking"),
    [
        ({"code": "taken"}, "Bare has no `sentence`"),
        ({"sentence": "Taken"}, "Bare has no `code`"),
        ({"code": 7, "sentence": "Taken"}, "Bare has no `code`"),
        ({"code": "taken", "sentence": "Taken", "status": 200}, "Bare.status = 200"),
        ({"code": "taken", "sentence": "Taken", "status": None}, "Bare.status = None"),
    ],
)
def test_one_that_could_not_be_told_is_not_made(body, lacking):
    with pytest.raises(TypeError, match=lacking):
        type("Bare", (Refusal,), body)


@pytest.mark.parametrize("kind", [one for one in all_refusals() if is_ours(one)])
def test_every_refusal_can_be_told(kind):
    needed = {RateLimitedError: [1.5], InvalidValueError: [["why"]]}
    refusal = kind(*needed.get(kind, []))
    told = body(refusal)
    assert told["message"] == refusal.sentence
    assert told["code"].replace("_", "").isalpha()


@pytest.mark.parametrize("kind", [str, str.encode])
def test_the_id_of_the_request_comes_back(kind):
    assert body(ForbiddenError(), kind('{"id":"c-17","type":"x"}'))["id"] == "c-17"
    assert body(ForbiddenError(), kind(json.dumps({"id": "x" * 64})))["id"] == "x" * 64


@pytest.mark.parametrize(
    "payload",
    ["", "{", "[]", "7", '{"id":7}', '{"id":""}', '{"id":null}', json.dumps({"id": "x" * 65})],
)
def test_what_is_no_id_does_not(payload):
    assert "id" not in body(InvalidJSONError(), payload)


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.6, 0.6), (0.60001, 0.601), (12.3456, 12.346), (1e-9, 0.001), (30, 30)]
)
def test_the_time_to_wait_is_told_in_milliseconds_and_is_never_too_short(seconds, told):
    assert body(RateLimitedError(seconds))["retry_after"] == told


def test_an_overloaded_server_says_when_to_try_again():
    assert body(OverloadedError())["retry_after"] == 1.0


def test_a_hang_up_has_the_goodbye_and_what_to_say_before_it():
    refusal = ForbiddenError()
    goodbye = HangUp(FORBIDDEN, refusal)
    assert (goodbye.close, goodbye.refusal, str(goodbye)) == (FORBIDDEN, refusal, "not allowed")


async def answer(refusal, extensions):
    sent = []

    async def send(message):
        sent.append(message)

    await refuse_handshake({"path": "/", "headers": [], "extensions": extensions}, send, refusal)
    return sent


async def test_a_refused_handshake_is_answered_with_json():
    start, rest = await answer(NotFoundError(), {"websocket.http.response": {}})
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 404)
    headers = dict(start["headers"])
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"content-length"] == str(len(rest["body"])).encode()
    assert json.loads(rest["body"]) == {"status": "error", "message": "Not found"}


@pytest.mark.parametrize(("seconds", "told"), [(0.2, b"1"), (1, b"1"), (1.001, b"2"), (60, b"60")])
async def test_the_time_to_wait_is_told_in_whole_seconds_rounded_up(seconds, told):
    start, _ = await answer(RateLimitedError(seconds), {"websocket.http.response": {}})
    assert dict(start["headers"])[b"retry-after"] == told


async def test_a_server_that_cannot_answer_refuses_bare():
    assert await answer(NotFoundError(), {}) == [{"type": "websocket.close", "code": 1000}]
