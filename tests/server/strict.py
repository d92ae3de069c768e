"""A strict reader of HTTP answers: what a server sent, to the last byte, or an AssertionError."""

from __future__ import annotations

import re
from typing import NamedTuple

STATUS = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [ -~]*")
HEADER = re.compile(rb"([!#-'*+\-.^-z|~0-9A-Z]+): ([^\x00-\x08\x0a-\x1f\x7f]*)")
CHUNK = re.compile(rb"[0-9a-f]+")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def closes(self):
        """Whether the answer says that it is the last one."""
        return self.headers.get("connection") == "close"


def read_answers(data, methods=()):
    """All answers in `data`. `methods` are those of the requests, GET where there is none.

    Answers 1xx are left out.
    """
    answers = []
    methods = list(methods)
    while data:
        method = methods[len(answers)] if len(answers) < len(methods) else "GET"
        answer, data = read_answer(data, method)
        if answer.status >= 200:
            answers.append(answer)
    return answers


def read_answer(data, method):
    head, end, rest = data.partition(b"\r\n\r\n")
    assert end, f"an answer without its end: {data!r}"
    first, *lines = head.split(b"\r\n")
    status = STATUS.fullmatch(first)
    assert status, f"no status line: {first!r}"
    headers = {}
    for line in lines:
        pair = HEADER.fullmatch(line)
        assert pair, f"no header: {line!r}"
        name = pair[1].decode().lower()
        assert name not in headers, f"twice: {name}"
        headers[name] = pair[2].decode("latin-1")
    code = int(status[1])
    if method == "HEAD" or code in (204, 304) or code < 200:
        return Answer(code, headers, b""), rest
    body, rest = read_body(headers, rest)
    return Answer(code, headers, body), rest


def read_body(headers, rest):
    if headers.get("transfer-encoding") == "chunked":
        assert "content-length" not in headers
        return read_chunks(rest)
    if "content-length" in headers:
        size = int(headers["content-length"])
        assert len(rest) >= size, "a body that is too short"
        return rest[:size], rest[size:]
    assert headers["connection"] == "close"
    return rest, b""


def read_chunks(rest):
    parts = []
    while True:
        line, end, rest = rest.partition(b"\r\n")
        assert end, "no last chunk"
        assert CHUNK.fullmatch(line), line
        size = int(line, 16)
        assert rest[size : size + 2] == b"\r\n", "a chunk without its end"
        parts.append(rest[:size])
        rest = rest[size + 2 :]
        if not size:
            return b"".join(parts), rest
