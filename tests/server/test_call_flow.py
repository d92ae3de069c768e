"""What an application hears and may say once the peer is gone, slow, or faster than it."""

import asyncio
from queue import Queue

from hubbub.server.host import QUEUE_HIGH
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


def test_speaking_to_a_peer_that_is_gone_raises_and_is_nobody_s_fault(server, notes, caplog):
    async def application(scope, receive, send):
        await accept(receive, send)
        await receive()
        try:
            await send(SEND)
        except OSError as error:
            notes.put(error)
            raise

    server.application = application
    with opened(server.port) as peer:
        peer.write(close_frame(1000))
        assert peer.closed().code == 1000
    assert isinstance(noted(notes), ConnectionError)
    assert not errors(server, caplog)


def test_accepting_a_peer_that_is_gone_raises(server, notes):
    arrived = Queue()

    async def application(scope, receive, send):
        await receive()
        arrived.put("here")
        notes.put(await receive())
        try:
            await send(ACCEPT)
        except OSError as error:
            notes.put(error)

    server.application = application
    with Peer(server.port) as peer:
        peer.write(request())
        noted(arrived)
    assert noted(notes) == {"type": "websocket.disconnect", "code": 1006, "reason": ""}
    assert isinstance(noted(notes), ConnectionError)


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
        notes.put(transport.is_reading())

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
        assert noted(notes)


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
