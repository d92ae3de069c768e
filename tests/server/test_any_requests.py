"""Whatever HTTP comes in: as many answers as requests, or a refusal that closes the connection.

Made at random from a seed, which a failure prints; `HTTP_SEED` repeats it, `HTTP_SECONDS` takes
longer. Each body is full of requests of its own, and none of these may ever reach the application.
"""

import logging
import os
import random
import time

import pytest

from tests.server.applications import accept
from tests.server.asking import read_all, reply
from tests.server.peer import KEY, Peer
from tests.server.strict import read_answers

SECONDS = float(os.environ.get("HTTP_SECONDS", "5"))
SEED = int(os.environ.get("HTTP_SEED", str(random.randrange(1 << 32))))
INNER = b"GET /inner HTTP/1.1\r\nHost: x\r\n\r\n"
OFFERS = [
    [],
    [],
    ["Connection: Upgrade", "Upgrade: h2c"],
    ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"],
    ["Connection: Upgrade", "Upgrade: websocket"],
    ["Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Key: {KEY}"],
    ["Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}"],
    ["Connection: upgrade"],
    ["Connection: keep-alive"],
]
#: Heads that two readers could read differently; each is refused.
BAD_LINES = [
    ["Content-Length: 5", "Content-Length: 6"],
    ["Content-Length: 5", "Transfer-Encoding: chunked"],
    ["Content-Length: 5,5"],
    ["Content-Length: +5"],
    ["Transfer-Encoding: identity"],
    ["Transfer-Encoding: xchunked"],
    ["Transfer-Encoding: chunked, chunked"],
    ["Transfer-Encoding : chunked"],
    ["Transfer-Encoding: \x0bchunked"],
    ["X: a\r\n folded"],
    ["X: a\x00b"],
    ["X: a\nTransfer-Encoding: chunked"],
    ["X: a\rContent-Length: 5"],
    [": y"],
    ["Host: y"],
    ["Expect: x"],
]
BAD_CHUNKS = [
    b"x\r\n",
    b"5\r\nhellox",
    b"-1\r\n",
    b"5 \r\nhello\r\n",
    b"5\nhello\r\n",
    b"0\r\n\n\r\n",
]


async def application(scope, receive, send):
    """Says what it was asked for; by the path it reads the body, leaves it, or raises."""
    if scope["type"] == "websocket":
        await accept(receive, send)
        return
    path = scope["path"]
    if "raise" in path:
        raise ValueError("on purpose")
    if "read" in path:
        await read_all(receive)
    if "chunks" in path:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": path.encode(), "more_body": True})
        await send({"type": "http.response.body"})
    else:
        await reply(send, path.encode())


class Maker:
    """Requests of one connection, and what has to come back."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.number = 0

    def request(self, *, last):
        """The bytes of a good request, its method and its path."""
        pick = self.random.choice
        self.number += 1
        method = pick(["GET", "POST", "PUT", "HEAD", "OPTIONS", "BREW"])
        path = f"/{self.number}{pick(['/read', '/leave'])}{pick(['', '/chunks'])}"
        lines = ["Host: x", *pick(OFFERS)]
        body = self.body() if method != "GET" or self.random.random() < 0.3 else b""
        if self.random.random() < 0.5:
            lines += [f"Content-Length: {len(body)}"] if body else []
        elif body:
            lines += ["Transfer-Encoding: chunked"]
            body = self.chunks(body)
        if method == "GET" and not body:
            lines = [line for line in lines if "websocket" not in line]
        if last:
            lines += ["Connection: close"]
        if not any(line.startswith(("Content-L", "Transfer")) for line in lines):
            body = b""
        self.random.shuffle(lines)
        target = path if self.random.random() < 0.9 else f"http://x{path}"
        empty = "\r\n" * pick([0, 0, 0, 1, 2])
        head = "\r\n".join([f"{empty}{method} {target} HTTP/1.1", *lines, "", ""])
        return head.encode(), body, method, path

    def body(self):
        return INNER * self.random.randrange(4) + self.random.randbytes(self.random.randrange(20))

    def chunks(self, body):
        data = b""
        while body:
            size = self.random.randint(1, len(body))
            extension = self.random.choice([b"", b"", b";x", b' ; x="y"'])
            data += b"%x%b\r\n%b\r\n" % (size, extension, body[:size])
            body = body[size:]
        trailer = self.random.choice([b"", b"X-Sum: GET / HTTP/1.1\r\n"])
        return data + b"0\r\n" + trailer + b"\r\n"

    def bad(self):
        """The bytes of a request that is refused, and of more behind it."""
        if self.random.random() < 0.3:
            chunk = self.random.choice(BAD_CHUNKS)
            head = b"POST /bad/read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            return head + chunk + INNER
        lines = ["Host: x", *self.random.choice(OFFERS), *self.random.choice(BAD_LINES)]
        return "\r\n".join(["POST /bad/read HTTP/1.1", *lines, "", ""]).encode() + INNER

    def pieces(self, data):
        """The same bytes in pieces of any size."""
        while data:
            size = self.random.choice([1, 2, 5, 40, 300, 5000])
            yield data[:size]
            data = data[size:]


def converse(server, seed):
    """One connection: some requests, the last of them perhaps bad."""
    maker = Maker(seed)
    ends_badly = maker.random.random() < 0.4
    asked, data = [], b""
    count = maker.random.randint(1, 6)
    for number in range(count):
        head, body, method, path = maker.request(last=number == count - 1 and not ends_badly)
        data += head + body
        asked.append((method, path))
    if ends_badly:
        data += maker.bad()
    with Peer(server.port) as peer:
        for piece in maker.pieces(data):
            peer.write(piece)
        answered = read_answers(peer.rest(), [method for method, _ in asked])
    judge(asked, answered, ends_badly)


def judge(asked, answered, ends_badly):
    for (method, path), answer in zip(asked, answered, strict=False):
        assert answer.status == 200, answer
        if method != "HEAD":
            assert answer.body == path.encode()
        if answer.closes:  # a body of unknown end was left unread
            break
    good = answered[: len(asked)]
    assert b"/inner" not in b"".join(answer.body for answer in answered)
    if any(answer.closes for answer in good):
        assert len(answered) == len(good)
    elif ends_badly:
        assert len(answered) == len(asked) + 1
        assert 400 <= answered[-1].status < 600
        assert answered[-1].closes
    else:
        assert len(answered) == len(asked)
    assert answered[-1].closes


def test_requests_answered_are_requests_sent(server, caplog):
    caplog.set_level(logging.ERROR)
    server.application = application
    end = time.monotonic() + SECONDS
    seed = SEED
    while time.monotonic() < end:
        print(f"HTTP_SEED={seed}")  # noqa: T201 - pytest shows it where the test fails
        converse(server, seed)
        seed += 1
    assert not caplog.records


@pytest.mark.slow
def test_requests_answered_are_requests_sent_for_minutes(server, caplog, monkeypatch):
    monkeypatch.setattr("tests.server.test_any_requests.SECONDS", 120.0)
    test_requests_answered_are_requests_sent(server, caplog)
