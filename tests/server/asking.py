"""HTTP requests byte by byte, the answers to them, and small applications that give some."""

from __future__ import annotations

from tests.server.peer import Peer
from tests.server.strict import read_answers

INNER = b"GET /inner HTTP/1.1\r\nHost: x\r\n\r\n"
END = ("Connection: close",)


def ask(target="/", *lines, method="GET", version="1.1", body=b""):
    """The bytes of a request."""
    head = "\r\n".join([f"{method} {target} HTTP/{version}", "Host: x", *lines, "", ""])
    return head.encode("latin-1") + body


def post(target="/", *lines, body=b"", **options):
    return ask(target, f"Content-Length: {len(body)}", *lines, method="POST", body=body, **options)


def answers(server, *pieces, methods=()):
    """What comes back, to the end of the connection, for bytes that go in these pieces."""
    with Peer(server.port) as peer:
        for piece in pieces:
            peer.write(piece)
            server.do(lambda: None)  # the server has had its turn with it
        return read_answers(peer.rest(), methods)


def statuses(*args, **options):
    return [answer.status for answer in answers(*args, **options)]


async def read_all(receive):
    parts = []
    while True:
        message = await receive()
        assert message["type"] == "http.request", message
        parts.append(message["body"])
        if not message["more_body"]:
            return b"".join(parts)


async def reply(send, body=b"ok", status=200, headers=()):
    length = (b"content-length", str(len(body)).encode())
    start = {"type": "http.response.start", "status": status, "headers": [length, *headers]}
    await send(start)
    await send({"type": "http.response.body", "body": body})


def bodies(*args, **options):
    return [answer.body for answer in answers(*args, **options)]


def start(*headers, status=200):
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def piece(body=b"", *, more=False):
    return {"type": "http.response.body", "body": body, "more_body": more}


def line_of(server, peer):
    """The server's end of a client's connection, as soon as there is one."""
    address = peer._socket.getsockname()
    while True:
        for line in server.do(tuple, server.connections):
            if line.transport.get_extra_info("peername") == address:
                return line
