"""What a client meets at a server, each in a word or two: the cells of docs/servers.md."""

from __future__ import annotations

import asyncio
import json
import struct
from contextlib import AsyncExitStack

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.api_v1.talk import DEADLINE, talk
from tests.chaos.rough import CLOSE, HANDSHAKE, TEXT, connect_roughly
from tests.servers import opener

#: 4,000 bytes in UTF-8: so many are more than kernels and servers take, and a budget on top.
MESSAGE = "🐝" * 1000
MANY = 1280
BURST = 300
FRAME = 65_536
PING = 0x89
#: Connections that the servers take.
SEATS = 40


def word(*, holds: bool) -> str:
    """What the table says of something that is so, or is not."""
    return "yes" if holds else "no"


async def chat(server):
    """An event is acked once it is stored, and told to whoever comes back."""
    async with talk(server.ws + "/ws/chat/kept/") as ada:
        await ada.say_chat("hello", id="h-1")
        ack = await ada.hear_until(type="ack", id="h-1")
    async with talk(server.ws + "/ws/chat/kept/?since=0") as bob:
        await bob.hear_until(type="chat_message", message="hello", seq=ack["seq"])
    return "yes"


async def fast_path(server):
    """Whether frames go straight to the transport."""
    return word(holds="hubbub.socket" in (await scope_of(server))["extensions"])


async def scope_of(server, **options):
    """What the server tells an application of a connection."""
    async with connect(server.ws + "/scope/", proxy=None, **options) as connection:
        return json.loads(await connection.recv())


async def subprotocol(server):
    """Ours is chosen of several."""
    offered = ["other", "hubbub.v1"]
    async with connect(server.ws + "/ws/counter/", subprotocols=offered, proxy=None) as connection:
        return word(holds=connection.subprotocol == "hubbub.v1")


async def many(server):
    """By one socket each stream is heard, written to, left, and heard again from where it was."""
    rooms = [f"chat:many{number}" for number in range(10)]
    async with talk(server.ws + "/ws/", subprotocols=["hubbub.v1"]) as ada:
        for stream in (*rooms, "counter:many", "notifications"):
            await ada.say(type="subscribe", stream=stream)
            await ada.hear_until(type="subscribed", stream=stream)
        await ada.say(type="subscribe", stream="chat:no name")
        await ada.hear_until(type="error", code="not_found")
        await ada.say(type="unsubscribe", stream=rooms[0])
        await ada.hear_until(type="unsubscribed", stream=rooms[0])
        for number in range(5):
            for stream in rooms[1:]:
                await ada.say_chat(str(number), stream=stream, id=str(number))
        await ada.hear_many(len(rooms) - 1, type="ack", id="4")
        await ada.say(type="ping")
        await ada.hear_until(type="pong")
        check_order(ada.heard, rooms[1:])
    async with talk(server.ws + "/ws/", subprotocols=["hubbub.v1"]) as bob:
        for stream in rooms[1:]:
            await bob.say(type="subscribe", stream=stream, since=0)
        await bob.hear_many(len(rooms) - 1, type="chat_message", seq=5)
        check_order(bob.heard, rooms[1:])
    return "yes"


def check_order(frames, streams):
    """Each stream was heard from its first message to its fifth."""
    for stream in streams:
        told = [
            (frame["seq"], frame["message"])
            for frame in frames
            if frame["type"] == "chat_message" and frame["stream"] == stream
        ]
        assert told == [(number + 1, str(number)) for number in range(5)]


async def binary(server):
    """A binary frame is as good as a text, and what is no UTF-8 is refused."""
    async with talk(server.ws + "/ws/chat/binary/") as ada:
        await ada.say_raw(json.dumps({"type": "chat_message", "message": "b", "id": "b"}).encode())
        await ada.hear_until(type="ack", id="b")
        await ada.say_raw(b"\xff")
        await ada.hear_until(type="error", code="invalid_json")
    return "yes"


async def burst(server):
    """All that is said at once is heard by all, in order."""
    path = server.ws + "/ws/chat/burst/"
    async with talk(path) as ada, talk(path) as bob:
        for number in range(BURST):
            await ada.say_chat(str(number))
        for one in (ada, bob):
            heard = await one.hear_many(BURST, type="chat_message")
            assert [frame["message"] for frame in heard] == list(map(str, range(BURST)))
    return "yes"


async def slow(server):
    """How a member that does not read ends."""
    path = "/ws/chat/slow/"
    member = await connect_roughly(server.port, path, receive_buffer=4096)
    async with talk(server.ws + path) as ada:
        for last in range(64, MANY + 1, 64):
            for _ in range(64):
                await ada.say_chat(MESSAGE)
            await ada.hear_until(type="chat_message", seq=last)
    seqs = []
    while len(seqs) < MANY:
        first, content = await member.hear()
        if first == CLOSE:
            assert seqs == list(range(1, len(seqs) + 1)), "until then it missed nothing"
            return told(*struct.unpack("!H", content[:2]), content[2:].decode(), "too slow")
        if b'"seq":' in content:
            seqs.append(json.loads(content)["seq"])
    member.vanish(reset=False)
    return "no bound"


async def too_long(server):
    """How a client ends whose message is too long; the longest that may be is taken."""
    async with talk(server.ws + "/ws/chat/long/") as ada:
        await ada.say_raw("x" * FRAME)
        await ada.hear_until(type="error", code="invalid_json")
        await ada.say_raw("x" * (FRAME + 1))
        return told(*await ada.goodbye(), "message too big")


async def closes(server):
    """Which codes and reasons a client meets that is sent away."""
    async with talk(server.ws + "/ws/chat/closed/", bearer="nobody's") as stranger:
        first = told(*await stranger.goodbye(), "authentication required")
        assert stranger.heard[0]["code"] == "unauthenticated"
    async with talk(server.ws + "/ws/counter/") as hasty:
        for _ in range(110):
            await hasty.say(type="ping")
        return f"{first}, {told(*await hasty.goodbye(), 'rate limit')}"


def told(code: int, reason: str, wanted: str) -> str:
    """A close as the table has it: the code, and whether the reason is lost."""
    return str(code) + ("" if reason == wanted else ", no reason")


async def refusals(server):
    """How a handshake is refused: 404, 403 and 503, each with its sentence, or alike."""
    answers = [
        await refusal(server.ws + "/ws/nowhere/"),
        await refusal(server.ws + "/ws/counter/", origin="https://elsewhere.example"),
    ]
    async with AsyncExitStack() as guests:
        for _ in range(SEATS + 1):
            path = server.ws + "/ws/notifications/"
            try:
                await guests.enter_async_context(connect(path, proxy=None))
            except InvalidStatus as refused:
                answers.append(content(refused.response))
                break
    if answers == ["404 Not found", "403 Not allowed", "503 Server is busy, try again 1"]:
        return "404, 403, 503"
    assert len(answers) == 3
    return ", ".join(sorted(set(answers)))


async def refusal(path, **options):
    """The answer to a handshake that is refused."""
    try:
        async with connect(path, proxy=None, **options):
            raise AssertionError("it was let in")
    except InvalidStatus as refused:
        return content(refused.response)


def content(response):
    """An answer's status, its sentence, and when to come again."""
    sentence = json.loads(response.body)["message"] if response.body else ""
    again = response.headers.get("retry-after", "")
    return " ".join(filter(None, (str(response.status_code), sentence, again)))


async def pong(server):
    """A client that asks whether the server is there is answered."""
    async with (
        connect(server.ws + "/ws/counter/", proxy=None) as connection,
        asyncio.timeout(DEADLINE),
    ):
        await (await connection.ping(b"there?"))
    return "yes"


async def pings(server):
    """A client that says nothing is asked whether it is there."""
    client = await connect_roughly(server.port, "/ws/counter/")
    while (await client.hear())[0] != PING:
        pass
    client.vanish(reset=False)
    return "yes"


async def early(server):
    """What becomes of a frame that comes together with the handshake; another one follows."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(HANDSHAKE.format(path="/ws/chat/early/").encode() + say("at once"))
    async with asyncio.timeout(DEADLINE):
        status = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        if status != "101":
            return status
        writer.write(say("later"))
        heard = await reader.readuntil(b'"id":"later"')
    writer.transport.abort()
    return "kept" if b'"id":"at once"' in heard else "lost"


def say(request_id):
    """A text frame of at least 126 bytes, masked with zeros, that is acked."""
    frame = {"type": "chat_message", "message": "hello", "id": request_id}
    payload = json.dumps(frame).encode().ljust(126)
    return struct.pack("!BBHI", TEXT, 128 | 126, len(payload), 0) + payload


async def static(server):
    """The files of the site's pages."""

    def get():
        with opener.open(server.url + "/static/admin/css/base.css", timeout=DEADLINE) as answer:
            return answer.status

    return word(holds=await asyncio.to_thread(get) == 200)


async def stop(server):
    """What those hear who are there when the server is told to stop, which it does then."""
    async with AsyncExitStack() as guests:
        path = server.ws + "/ws/counter/"
        members = [await guests.enter_async_context(talk(path)) for _ in range(3)]
        for member in members:
            await member.hear()
        server.process.terminate()
        ends = await asyncio.gather(*(ended(member) for member in members))
        await asyncio.to_thread(server.process.wait, DEADLINE)
    assert len(set(ends)) == 1
    return ends[0]


async def ended(member):
    """How a connection ended: a code, and whether it was told when to come back."""
    async with asyncio.timeout(DEADLINE):
        await member.connection.wait_closed()
    closed = member.connection.protocol.close_rcvd
    if closed is None:
        return "cut"
    when = closed.reason.startswith("server restarting retry_after_ms=")
    return f"{closed.code}{', and when' if when else ''}"
