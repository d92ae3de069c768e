"""A body too large is refused before it is stored anywhere."""

import json

import pytest

from hubbub.http.upload import BoundedUpload


async def read_all(scope, receive, send):
    """An application that reads its body and tells how it ended."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            break
    await send({"type": message["type"]})


async def ask(chunks, headers=()):
    """Send a body in chunks through a bound of ten bytes; what came back."""
    bodies = iter(chunks)
    sent = []

    async def receive():
        chunk = next(bodies)
        return {"type": "http.request", "body": chunk, "more_body": chunk != chunks[-1]}

    async def send(message):
        sent.append(message)

    await BoundedUpload(read_all, most=10)(
        {"method": "POST", "path": "/x/", "headers": list(headers)}, receive, send
    )
    return sent


async def test_a_body_within_the_bound_passes():
    assert await ask([b"12345", b"67890"]) == [{"type": "http.request"}]


async def test_a_length_announced_over_the_bound_is_answered_413_unread():
    start, body = await ask([], [(b"content-length", b"11")])
    assert start["status"] == 413
    assert (b"connection", b"close") in start["headers"]
    assert json.loads(body["body"]) == {"status": "error", "message": "Body too large"}


async def test_a_length_of_any_number_of_digits_is_read():
    start, _ = await ask([], [(b"content-length", b"9" * 5000)])
    assert start["status"] == 413
    assert await ask([b"123"], [(b"content-length", b"0" * 5000)]) == [{"type": "http.request"}]


async def test_a_body_that_grows_over_the_bound_is_cut_off():
    assert await ask([b"12345", b"678901", b"x"]) == [{"type": "http.disconnect"}]


@pytest.mark.parametrize("value", [b"", b"-5", b"many"])
async def test_a_length_that_is_no_number_says_nothing(value):
    assert await ask([b"123"], [(b"content-length", value)]) == [{"type": "http.request"}]


async def test_a_body_over_the_bound_is_a_line_of_the_log(caplog):
    await ask([], [(b"content-length", b"11")])
    assert caplog.messages == ["http_refused reason=body status=413 method=POST path=/x/"]
