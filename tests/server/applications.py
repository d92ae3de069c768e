"""Small pieces of ASGI applications, and how they talk to the test that gave them to a server."""

from __future__ import annotations

from tests.server.peer import SECONDS

ACCEPT = {"type": "websocket.accept"}
SEND = {"type": "websocket.send", "text": "x"}


async def accept(receive, send, **options):
    assert await receive() == {"type": "websocket.connect"}
    await send(ACCEPT | options)


def noted(notes):
    """The next thing that an application noted."""
    return notes.get(timeout=SECONDS)


def errors(server, caplog):
    """What was logged as an error by the end of the server's present turn."""
    server.do(lambda: None)
    return [record for record in caplog.records if record.levelname == "ERROR"]
