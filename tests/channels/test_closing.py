"""The end of a connection over any ASGI server, such as one that does not send the close code.

Daphne raises for a code of 1009, as it does for all others between 1001 and 2999.
"""

import asyncio

import pytest
from channels.testing import WebsocketCommunicator

from hubbub.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ws/chat/closing/"
SCOPE = {
    "type": "websocket",
    "path": PATH,
    "query_string": b"",
    "headers": [],
    "subprotocols": [],
    "client": ("127.0.0.1", 1),
}
TOO_BIG = "x" * (64 * 1024 + 1)


class ServerSide:
    """A server's side of one connection."""

    def __init__(self, *, sends_close):
        self._sends_close = sends_close
        self.events = asyncio.Queue()
        self.events.put_nowait({"type": "websocket.connect"})
        self.closed = asyncio.Event()

    def pass_on(self, text):
        self.events.put_nowait({"type": "websocket.receive", "text": text})

    async def send(self, message):
        if message["type"] == "websocket.close":
            self.closed.set()
            if not self._sends_close:
                raise ValueError("cannot send this code")

    def start(self):
        return asyncio.create_task(application(SCOPE, self.events.get, self.send))


async def test_the_application_ends_at_once_where_the_server_cannot_close():
    """By raising, which is what makes Daphne close with 1011."""
    server = ServerSide(sends_close=False)
    server.pass_on(TOO_BIG)
    task = server.start()
    done, _ = await asyncio.wait({task}, timeout=5)
    assert done, "it waits for a disconnect that nobody will send"
    with pytest.raises(ValueError, match="cannot send this code"):
        await task


async def test_what_a_client_says_after_the_goodbye_is_told_to_nobody():
    """It may have been sent before the client read the close frame."""
    member = WebsocketCommunicator(application, PATH)
    await member.connect()
    server = ServerSide(sends_close=True)
    server.pass_on(TOO_BIG)
    task = server.start()
    await server.closed.wait()
    await asyncio.sleep(0)  # the task that sent the close ends
    server.pass_on('{"type": "chat_message", "message": "too late"}')
    server.events.put_nowait({"type": "websocket.disconnect", "code": 1009})
    await task
    events = [(await member.receive_json_from()).get("event") for _ in range(2)]
    assert events == ["user_joined", "user_left"]
    await member.disconnect()
