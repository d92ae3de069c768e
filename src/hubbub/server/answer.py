"""The head of an HTTP answer, and whole answers of the server's own. No I/O."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus

Headers = list[tuple[bytes, bytes]]

FIRST_STATUS, LAST_STATUS = 200, 599
#: An answer without Content-Length (RFC 9110 section 8.6).
NO_LENGTH = 204
#: Headers as they can be written: tokens for names, no controls in values (RFC 9110 section 5).
LINES = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]++: [^\x00-\x08\x0a-\x1f\x7f]*+\r\n)*+")


def write_head(status: int, headers: Headers) -> bytes:
    """The head of an answer. Raises ValueError for what cannot be written."""
    if not FIRST_STATUS <= status <= LAST_STATUS:
        raise ValueError(f"{status} is not the status of an answer")
    if status == NO_LENGTH:
        headers = [pair for pair in headers if pair[0].lower() != b"content-length"]
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, phrase(status), write_lines(headers))


def write_lines(headers: Headers) -> bytes:
    """The lines of headers. Raises ValueError for what cannot be written."""
    lines = b"".join([b"%b: %b\r\n" % pair for pair in headers])
    if lines.count(b"\n") != len(headers) or not LINES.fullmatch(lines):
        raise ValueError("a header must not contain a line break or another control")
    return lines


def write_response(status: int, headers: Headers, body: bytes) -> bytes:
    """A whole answer, after which the connection ends."""
    given = {name.lower() for name, _ in headers}
    lines = list(headers)
    if b"content-type" not in given:
        lines.append((b"content-type", b"text/plain; charset=utf-8"))
    if b"content-length" not in given:
        lines.append((b"content-length", b"%d" % len(body)))
    return write_head(status, [*lines, (b"connection", b"close")]) + body


@cache
def phrase(status: int) -> bytes:
    """The words that go with a status; none for one that has none."""
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""
