"""A head that Django cannot read is answered 400, and is no fault of the server's."""

import json

import pytest
from django.test import AsyncRequestFactory
from django.utils.http import parse_header_parameters

from hubbub.http.handler import Handler

UNREADABLE = "text/plain; a*=nowhere''x"


async def ask(content_type):
    scope = AsyncRequestFactory()._base_scope(path="/healthz")
    scope["headers"] = [(b"host", b"testserver"), (b"content-type", content_type.encode())]
    messages = iter([{"type": "http.request", "body": b"", "more_body": False}])
    sent = []

    async def receive():
        return next(messages, {"type": "http.disconnect"})

    async def send(message):
        sent.append(message)

    handler = Handler()
    request, answer = handler.create_request(scope, None)
    if request is None:
        await handler.send_response(answer, send)
        return sent[0]["status"], json.loads(sent[1]["body"])
    return request.content_type, request.content_params


def reads(content_type):
    """Whether Django takes an encoding that there is not for none, as 5.2.15 did."""
    try:
        parse_header_parameters(content_type)
    except ValueError:
        return False
    return True


@pytest.mark.skipif(reads(UNREADABLE), reason="this Django raises nothing")
async def test_an_encoding_that_there_is_not_is_a_bad_request(caplog):
    assert await ask(UNREADABLE) == (400, {"status": "error", "message": "Bad request"})
    [line] = caplog.messages
    assert line.startswith("http_refused reason=head status=400 ")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
async def test_one_that_there_is_passes(encoding):
    assert await ask(f"text/plain; a*={encoding}''x") == ("text/plain", {"a": "x"})
