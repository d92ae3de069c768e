"""What an application hears and may say once the peer is gone, slow, or faster than it."""

import asyncio
from queue import Queue

from channels.generic.websocket import AsyncWebsocketConsumer

from hubbub.server import call
from hubbub.server.call import GONE_MESSAGES
from hubbub.server.host import QUEUE_HIGH
from hubbub.server.protocol import discard
from tests.server.applications import ACCEPT, SEND, accept, errors, noted
from tests.server.peer import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    Peer,
    client_frame,
    close_frame,
    opened,
    request,
)


async def until_gone(scope):
    """Wait, without `receive`, until the peer has said goodbye."""
    socket = scope["extensions"]["hubbub.socket"]["socket"]
    while socket.write is not discard:  # noqa: ASYNC110 - a connection has no event for it
        await asyncio.sleep(0)


def test_after_the_disconnect_the_disconnect_comes_again(server, notes):
    async def application(scope, receive, send):
        await accept(receive, send)
        for _ in range(3):
            notes.put(await receive())

    server.application = application
    with opened(server.port) as peer:
        peer.write(client_frame(TEXT, b"last") + close_frame(4321))
    assert noted(notes)["text"] == "last"
    for _ in range(2):
        assert noted(notes) == {"type": "websocket.disconnect", "code": 4321, "reason": ""}


def test_an_application_finishes_what_it_says_to_a_peer_that_is_gone(server, notes, caplog):
    async def application(scope, receive, send):
        await accept(receive, send)
        await until_gone(scope)
        for message in (SEND, SEND, {"type": "websocket.close"}):
            await send(message)
        notes.put(await receive())

    server.application = application
    with opened(server.port) as peer:
        peer.write(close_frame(4321))
        assert peer.closed().code == 4321
    assert noted(notes) == {"type": "websocket.disconnect", "code": 4321, "reason": ""}
    assert not errors(server, caplog)


def test_one_that_goes_on_speaking_to_it_is_ended_and_it_is_nobody_s_fault(server, notes, caplog):
    async def application(scope, receive, send):
        await accept(receive, send)
        await receive()
        try:
            for _ in range(GONE_MESSAGES):
                await send(SEND)
            notes.put("all dropped")
            await send(SEND)
        except OSError as error:
            notes.put(error)
            raise

    server.application = application
    with opened(server.port) as peer:
        peer.write(close_frame(1000))
        assert peer.closed().code == 1000
    assert noted(notes) == "all dropped"
    assert isinstance(noted(notes), ConnectionError)
    assert not errors(server, caplog)


def test_one_that_speaks_now_and_then_is_ended_soon_after_it_might_have_known(
    server, notes, monkeypatch
):
    monkeypatch.setattr(call, "GONE_SECONDS", 0.0)

    async def application(scope, receive, send):
        await accept(receive, send)
        await receive()
        await send(SEND)
        notes.put("dropped")
        try:
            while True:
                await asyncio.sleep(0.001)
                await send(SEND)
        except OSError as error:
            notes.put(error)

    server.application = application
    with opened(server.port) as peer:
        peer.write(close_frame(1000))
    assert noted(notes) == "dropped"
    assert isinstance(noted(notes), ConnectionError)


def test_accepting_a_peer_that_is_gone_lets_the_application_hear_of_it(server, notes):
    arrived, go_on = Queue(), asyncio.Event()

    async def application(scope, receive, send):
        await receive()
        arrived.put("here")
        await go_on.wait()
        await send(ACCEPT)
        await send(SEND)
        notes.put(await receive())

    server.application = application
    with Peer(server.port) as peer:
        peer.write(request())
        noted(arrived)
    while server.do(lambda: bool(server.connections)):
        pass
    server.do(go_on.set)
    assert noted(notes) == {"type": "websocket.disconnect", "code": 1006, "reason": ""}


def test_a_consumer_of_channels_hears_of_the_end_though_it_speaks_after_it(server, notes):
    class Late(AsyncWebsocketConsumer):
        async def receive(self, text_data):
            await until_gone(self.scope)
            await self.send(text_data)

        async def disconnect(self, code):
            notes.put(code)

    server.application = Late.as_asgi()
    with opened(server.port) as peer:
        peer.say("think it over")
        peer.write(close_frame(4321))
    assert noted(notes) == 4321


def test_send_waits_while_the_peer_does_not_read(server, notes):
    async def application(scope, receive, send):
        await accept(receive, send)
        count, waiting = 0, False
        while not waiting:
            task = asyncio.create_task(send({"type": "websocket.send", "bytes": bytes(60_000)}))
            await asyncio.sleep(0)
            waiting, count = not task.done(), count + 1
        notes.put(count)
        await task
        await send({"type": "websocket.send", "text": "done"})

    server.application = application
    with opened(server.port) as peer:
        for _ in range(noted(notes)):
            assert len(peer.frame().payload) == 60_000
        assert peer.text() == "done"


def test_send_waits_no_longer_once_the_peer_is_gone(server, notes):
    async def application(scope, receive, send):
        await accept(receive, send)
        try:
            while True:
                await send({"type": "websocket.send", "bytes": bytes(60_000)})
                notes.put("sent")
        except ConnectionError:
            notes.put("gone")

    server.application = application
    with opened(server.port):
        noted(notes)
    while noted(notes) != "gone":
        pass


def test_a_connection_is_not_read_further_than_its_application_follows(server, notes):
    go_on = asyncio.Event()

    async def application(scope, receive, send):
        await accept(receive, send)
        transport = scope["extensions"]["hubbub.socket"]["socket"].transport
        notes.put(transport)
        await go_on.wait()
        for _ in range(1000):
            notes.put((await receive())["text"])
        while not transport.is_reading():  # noqa: ASYNC110 - a transport tells nobody
            await asyncio.sleep(0)
        notes.put("reading")

    server.application = application
    with opened(server.port) as peer:
        transport = noted(notes)
        for number in range(QUEUE_HIGH):
            peer.say(str(number))
        while server.do(transport.is_reading):
            pass
        server.do(go_on.set)
        for number in range(QUEUE_HIGH, 1000):
            peer.say(str(number))
        assert [noted(notes) for _ in range(1000)] == [str(number) for number in range(1000)]
        assert noted(notes) == "reading"


def test_pings_are_answered_beside_an_application_that_is_busy(server):
    done = asyncio.Event()

    async def application(scope, receive, send):
        await accept(receive, send)
        await done.wait()

    server.application = application
    with opened(server.port) as peer:
        peer.send(PING, b"well?")
        assert peer.frame() == (0x80 | PONG, b"well?")
        peer.write(close_frame())
        assert peer.frame().opcode == CLOSE
    server.do(done.set)
