"""A response is let go when it is sent, not when the collector comes."""

import asyncio
import gc

import pytest
from django.core.asgi import get_asgi_application
from django.http import HttpResponse

from hubbub.http.answered import Answered


@pytest.fixture(autouse=True)
def uncollected(settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def scope():
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/healthz",
        "raw_path": b"/healthz",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


async def ask(application):
    """One request as a server carries it: the answer's end is told to who listens."""
    over, heard, answer = asyncio.Event(), [], []

    async def receive():
        if not heard:
            heard.append(1)
            return {"type": "http.request", "body": b"", "more_body": False}
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        answer.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            over.set()
            await asyncio.sleep(0)  # who listens hears it before the application goes on

    await application(scope(), receive, send)
    return answer


def responses():
    return sum(isinstance(one, HttpResponse) for one in gc.get_objects())


async def test_a_response_that_was_sent_is_let_go_at_once():
    application = Answered(get_asgi_application())
    before = responses()
    for _ in range(10):
        first, *rest = await ask(application)
        assert first["status"] == 200
        assert b"".join(part["body"] for part in rest) == b'{"status": "ok"}'
    assert responses() - before == 0


async def test_a_client_that_goes_before_the_answer_is_heard_of():
    heard = []

    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a part", "more_body": True})
        heard.append((await receive())["type"])

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        pass

    await Answered(application)(scope(), receive, send)
    assert heard == ["http.disconnect"]
