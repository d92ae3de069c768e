import asyncio
import re

import pytest

from hubbub.fanout.frame import make_frame
from hubbub.sockets import asgi
from hubbub.sockets.asgi import ASGIOutlet, carry
from hubbub.wire.closes import FORBIDDEN, TRY_LATER

BUDGET = 1000
SOON = 10
DISCONNECT = {"type": "websocket.disconnect", "code": 1001}


class Server:
    """An ASGI server's side: what it delivers, and what it was given to send."""

    def __init__(self):
        self.sent = []
        self.incoming = asyncio.Queue()
        self.reading = asyncio.Event()
        self.reading.set()
        self.given = asyncio.Event()
        self.failure = None

    async def send(self, message):
        await self.reading.wait()
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)
        self.given.set()

    async def receive(self):
        return await self.incoming.get()

    def deliver(self, *messages):
        for message in messages:
            self.incoming.put_nowait(message)

    @property
    def texts(self):
        return [message["text"] for message in self.sent if message["type"] == "websocket.send"]


class Receiver:
    def __init__(self):
        self.heard = []
        self.codes = []
        self.then = lambda payload: None

    def received(self, payload):
        self.heard.append(payload)
        self.then(payload)

    def closed(self, code):
        self.codes.append(code)


@pytest.fixture
async def server():
    return Server()


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
async def outlet(server):
    return ASGIOutlet(server.send, BUDGET)


@pytest.fixture
async def carried(receiver, outlet, server):
    """The connection on its way from acceptance to end."""
    task = asyncio.create_task(carry(receiver, outlet, server.receive))
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def impatient(monkeypatch):
    """Nobody waits longer than a moment for the end of a connection."""
    monkeypatch.setattr(asgi, "CLOSE_SECONDS", 0.05)


async def end(task):
    await asyncio.wait_for(asyncio.shield(task), SOON)


async def test_frames_become_one_text_message_each_in_order(outlet, server, carried):
    outlet.write(make_frame(b"1") + make_frame("ä".encode()))
    outlet.write(make_frame(b"3"))
    outlet.close(FORBIDDEN)
    server.deliver(DISCONNECT)
    await end(carried)
    assert server.texts == ["1", "ä", "3"]


async def test_messages_reach_the_receiver_as_what_they_are(receiver, server, carried):
    server.deliver(
        {"type": "websocket.receive", "text": "a"},
        {"type": "websocket.receive", "text": None, "bytes": b"b"},
        {"type": "websocket.receive", "text": ""},
        {"type": "websocket.receive", "bytes": None},
        DISCONNECT,
    )
    await end(carried)
    assert receiver.heard == ["a", b"b", "", b""]


@pytest.mark.parametrize(
    ("given", "told"), [({"code": 4000}, 4000), ({"code": None}, 1005), ({}, 1005)]
)
async def test_the_end_is_told_once_with_its_code(receiver, server, carried, given, told):
    server.deliver({"type": "websocket.disconnect", **given})
    await end(carried)
    assert receiver.codes == [told]


async def test_a_goodbye_comes_after_what_is_queued(outlet, server, carried):
    outlet.write(make_frame(b"last words"))
    outlet.close(FORBIDDEN)
    outlet.close(TRY_LATER)
    outlet.write(make_frame(b"too late"))
    server.deliver(DISCONNECT)
    await end(carried)
    assert server.sent == [
        {"type": "websocket.send", "text": "last words"},
        {"type": "websocket.close", "code": 4403, "reason": "not allowed"},
    ]


async def test_what_waits_is_counted_until_the_server_takes_it(outlet, server):
    server.reading.clear()
    frame = make_frame(b"x" * 100)
    outlet.write(frame)
    outlet.write(frame)
    assert outlet.buffered() == 2 * len(frame)
    pump = asyncio.create_task(outlet.pump())
    server.reading.set()
    outlet.close(FORBIDDEN)
    await end(pump)
    assert outlet.buffered() == 0


async def test_over_the_budget_the_connection_closes_with_4408_and_drops_what_waits(
    outlet, server, carried
):
    for _ in range(11):
        outlet.write(make_frame(b"x" * 98))
    server.deliver(DISCONNECT)
    await end(carried)
    assert server.sent == [{"type": "websocket.close", "code": 4408, "reason": "too slow"}]


async def test_up_to_the_budget_nothing_is_dropped(outlet, server, carried):
    for _ in range(10):
        outlet.write(make_frame(b"x" * 98))
    outlet.close(FORBIDDEN)
    server.deliver(DISCONNECT)
    await end(carried)
    assert len(server.texts) == 10


async def test_what_is_written_while_nothing_waits_is_taken_however_much_it_is(
    outlet, server, carried
):
    outlet.write(make_frame(b"x" * 2 * BUDGET))
    outlet.close(FORBIDDEN)
    server.deliver(DISCONNECT)
    await end(carried)
    assert [len(text) for text in server.texts] == [2 * BUDGET]


async def test_a_message_that_comes_after_the_goodbye_is_not_heard(
    outlet, receiver, server, carried
):
    receiver.then = lambda _: outlet.close(FORBIDDEN)
    server.reading.clear()  # so that the goodbye is still on its way
    server.deliver(*({"type": "websocket.receive", "text": text} for text in ("bad", "worse")))
    server.deliver(DISCONNECT)
    await end(carried)
    assert receiver.heard == ["bad"]


async def test_a_server_that_never_reports_the_end_is_not_waited_for(
    outlet, receiver, carried, impatient
):
    outlet.close(FORBIDDEN)
    await end(carried)
    assert receiver.codes == [1006]


async def test_a_peer_that_does_not_even_read_its_goodbye_is_not_waited_for(
    outlet, receiver, server, carried, impatient
):
    outlet.write(make_frame(b"x"))
    await asyncio.sleep(0)
    server.reading.clear()
    for _ in range(20):
        outlet.write(make_frame(b"x" * 98))
    await end(carried)
    assert receiver.codes == [1006]


@pytest.mark.parametrize("failure", [ConnectionResetError(), OSError("the client is gone")])
async def test_a_server_whose_peer_is_gone_is_sent_nothing_more(
    outlet, receiver, server, carried, failure
):
    server.failure = failure
    outlet.write(make_frame(b"x"))
    server.deliver(DISCONNECT)
    await end(carried)
    assert receiver.codes == [1001]


async def test_a_server_that_does_not_take_a_message_ends_the_connection(
    outlet, receiver, server, carried
):
    server.failure = ValueError("a code that it does not know")
    outlet.close(FORBIDDEN)
    with pytest.raises(ValueError, match="does not know"):
        await end(carried)
    assert receiver.codes == [1006]


async def test_a_call_that_is_cancelled_leaves_everything_behind(receiver, carried):
    await asyncio.sleep(0)
    carried.cancel()
    with pytest.raises(asyncio.CancelledError):
        await carried
    assert receiver.codes == [1006]


async def test_who_is_there_when_the_server_ends_the_call_is_told_when_to_come_back(
    outlet, server, carried
):
    outlet.write(make_frame(b"before"))
    await asyncio.sleep(0)
    carried.cancel()
    with pytest.raises(asyncio.CancelledError):
        await carried
    (close,) = [message for message in server.sent if message["type"] == "websocket.close"]
    assert close["code"] == 1012
    assert re.fullmatch(r"server restarting retry_after_ms=\d+", close["reason"])


async def test_who_was_closed_before_is_not_closed_again_by_the_end_of_the_call(
    outlet, server, carried
):
    outlet.close(FORBIDDEN)
    await server.given.wait()
    carried.cancel()
    with pytest.raises(asyncio.CancelledError):
        await carried
    assert [message["code"] for message in server.sent] == [4403]


@pytest.mark.parametrize("failure", [OSError("gone"), ValueError("a code that it does not know")])
async def test_a_server_that_takes_no_goodbye_ends_the_call_all_the_same(
    receiver, server, carried, failure
):
    await asyncio.sleep(0)
    server.failure = failure
    carried.cancel()
    with pytest.raises(asyncio.CancelledError):
        await carried
    assert receiver.codes == [1006]


async def test_a_server_that_takes_nothing_any_more_is_not_waited_for_when_it_ends_the_call(
    receiver, server, carried, monkeypatch
):
    monkeypatch.setattr(asgi, "PART_SECONDS", 0.05)
    await asyncio.sleep(0)
    server.reading.clear()
    carried.cancel()
    with pytest.raises(asyncio.CancelledError):
        await end(carried)
    assert receiver.codes == [1006]


async def test_a_server_that_sends_no_close_while_it_receives_sends_it(receiver, server):
    """As Granian, whose close waits until nobody receives."""
    one_at_a_time, receiving = asyncio.Lock(), asyncio.Event()

    async def receive():
        async with one_at_a_time:
            receiving.set()
            return await server.receive()

    async def send(message):
        async with one_at_a_time:
            await server.send(message)
        server.deliver(DISCONNECT)

    outlet = ASGIOutlet(send, BUDGET)
    carried = asyncio.create_task(carry(receiver, outlet, receive))
    await receiving.wait()
    outlet.close(FORBIDDEN)
    await end(carried)
    assert [message["code"] for message in server.sent] == [4403]
    assert receiver.codes == [1001]


async def test_a_server_that_fails_to_receive_ends_the_connection(receiver, outlet):
    async def receive():
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await carry(receiver, outlet, receive)
    assert receiver.codes == [1006]


async def test_an_outlet_that_nobody_pumps_may_be_closed(outlet, impatient):
    failures = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failures.append(context))
    outlet.close(FORBIDDEN)
    assert outlet.closing
    await asyncio.sleep(asgi.CLOSE_SECONDS)  # a timer that is set later goes off later
    assert not failures
