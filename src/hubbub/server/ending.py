"""How an HTTP connection ends, so that a peer can still read its last answer."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hubbub.observe.events import HTTP_CUT_SHORT, HTTP_INVALID
from hubbub.observe.report import report
from hubbub.server.answer import write_response
from hubbub.server.head import RequestError
from hubbub.server.scope import address_of
from hubbub.wire.codec import encode

if TYPE_CHECKING:
    from hubbub.server.answer import Headers
    from hubbub.server.line import Line

#: Bytes that are read and dropped behind a last answer (for `host.LINGER_SECONDS` at most).
LINGER_MOST = 10 * 1024 * 1024


def refuse(line: Line, error: RequestError) -> None:
    """Answer a request that cannot be served, unless it has an answer already, and hang up."""
    exchange, line.exchange = line.exchange, None
    if exchange is not None:
        exchange.disconnect()
    if exchange is not None and exchange.began:
        abort(line, error.sentence)
        return
    if exchange is not None or line.reader.body is None:
        report(
            HTTP_INVALID, error.sentence, status=error.status, address=address_of(line.transport)
        )
        line.transport.write(write_refusal(error, line.default_headers()))
    hang_up(line)


def turn_away(line: Line) -> None:
    """Have a peer ask again elsewhere, or later, because the server stops."""
    refuse(line, RequestError(503, "Server is restarting", retry_after=1))


def hang_up(line: Line) -> None:
    """Close; a peer that may still be sending gets `host.LINGER_SECONDS` to read its answer."""
    transport = line.transport
    unread = line.reader.body is not None or bool(line.reader.buffer)
    line.deaf = True
    line.reader.clear()
    line.wait(None)
    if unread and not line.eof and transport.can_write_eof():
        # A full close with unread bytes about is a reset, which would overtake the answer.
        transport.resume_reading()
        with suppress(OSError):  # asyncio's, where the peer has gone and nobody was told yet
            transport.write_eof()
        line.wait(line.host.linger_deadline)
    else:
        transport.close()
    if transport.get_write_buffer_size():
        line.watch_answer()


def drop(line: Line, data: bytes) -> None:
    """Take no notice of what comes too late, within a bound."""
    line.dropped += len(data)
    if line.dropped > LINGER_MOST:
        line.transport.abort()


def abort(line: Line, reason: str) -> None:
    """Cut the connection at once, and log why."""
    report(HTTP_CUT_SHORT, reason, address=address_of(line.transport))
    line.transport.abort()


def write_refusal(error: RequestError, headers: Headers) -> bytes:
    """The answer, in the shape of every failure of the API."""
    lines = [*headers, (b"content-type", b"application/json")]
    if error.retry_after is not None:
        lines.append((b"retry-after", b"%d" % error.retry_after))
    body = encode({"status": "error", "message": error.sentence})
    return write_response(error.status, lines, body)
