"""The head of an HTTP request: bytes in, what it asks for out (RFC 9112 sections 2 to 6). No I/O.

Strict where two readers could differ: what could be read in two ways is refused, since a proxy in
front may have read it in the other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from hubbub.errors import HubbubError

if TYPE_CHECKING:
    from hubbub.server.answer import Headers

#: Bytes of a head, its last empty line not counted; more are answered 431.
HEAD_MOST = 64 * 1024
#: Header lines of one head; more are answered 431.
HEADERS_MOST = 100
#: Digits of a Content-Length: a petabyte less one.
LENGTH_DIGITS = 15

END = b"\r\n\r\n"
TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
REQUEST_LINE = re.compile(rb"(%b) ([!-~]++) HTTP/([0-9])\.([0-9])" % TOKEN)
# Possessive, so that no line however long is tried twice. A line that is folded, has a space
# before its colon, a NUL, or a CR or LF of its own does not match.
LINE = re.compile(rb"^(%b):[ \t]*+([^\x00-\x08\x0a-\x1f\x7f]*+)\r\n" % TOKEN, re.MULTILINE)
LONELY = re.compile(rb"(?<!\r)\n|\r(?=[^\n])")
ABSOLUTE = re.compile(rb"https?://([^/?#@]++)([/?][^#]*+)?", re.IGNORECASE)
HOST = re.compile(rb"(?:[0-9A-Za-z._~%!$&'()*+,;=-]*+|\[[0-9A-Za-z:.%_~-]++\])(?::[0-9]*+)?")
#: Headers that say where a request ends, to whom it goes and what becomes of the connection.
FRAMING = frozenset(
    (b"host", b"content-length", b"transfer-encoding", b"connection", b"upgrade", b"expect")
)
Framing = dict[bytes, list[bytes]]


class RequestError(HubbubError):
    """The request is answered with `status` and `sentence`, and the connection is closed.

    `retry_after` is in seconds.
    """

    def __init__(self, status: int, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.retry_after = retry_after


class Head(NamedTuple):
    """What a head says. `length` is of the body in bytes, None if it comes in chunks."""

    method: str
    target: bytes
    version: str
    headers: Headers
    length: int | None
    keep_alive: bool
    expects: bool
    handshake: bool


def find_end(buffer: bytearray, seen: int) -> int:
    """The place of the empty line that ends the head, -1 as long as it has not come.

    The first `seen` bytes were looked at before. Raises RequestError for a head that is too long,
    or has a line break that is none.
    """
    end = buffer.find(END, max(0, seen - 3))
    if (len(buffer) if end < 0 else end) > HEAD_MOST:
        raise RequestError(431, "The request's head is too long")
    if end < 0 and LONELY.search(buffer, max(0, seen - 1)):
        raise RequestError(400, "A line must end in CR LF")
    return end


def read_head(head: bytes) -> Head:
    """Read a head, its last line break included, without the empty line. Raises RequestError."""
    line, _, rest = head.partition(b"\r\n")
    method, target, version = read_request_line(line)
    pairs = LINE.findall(rest)
    count = rest.count(b"\n")
    if count > HEADERS_MOST:
        raise RequestError(431, "Too many headers")
    if len(pairs) != count:
        raise RequestError(400, "Malformed header")
    headers = [(name.lower(), value.rstrip(b" \t")) for name, value in pairs]
    framing: Framing = {}
    for name, value in headers:
        if name in FRAMING:
            framing.setdefault(name, []).append(value)
    check_host(framing, version)
    if method == "CONNECT" or not target.startswith(b"/"):
        target = read_absolute(target, method, headers)
    options = listed(framing.get(b"connection", []))
    length = body_length(framing, version)
    return Head(
        method=method,
        target=target,
        version=version,
        headers=headers,
        length=length,
        keep_alive=version == "1.1" and b"close" not in options,
        expects=expects_continue(framing, version),
        # An offer in any other request is one that may be passed over (RFC 9110 section 7.8).
        handshake=b"upgrade" in options
        and b"websocket" in listed(framing.get(b"upgrade", []))
        and (method, version, length) == ("GET", "1.1", 0),
    )


def read_request_line(line: bytes) -> tuple[str, bytes, str]:
    """Method, target and version. Raises RequestError 400, or 505 for another major version."""
    match = REQUEST_LINE.fullmatch(line)
    if match is None:
        raise RequestError(400, "Malformed request line")
    method, target, major, minor = match.groups()
    if major != b"1":
        raise RequestError(505, "HTTP/1.1 is spoken here")
    if b"#" in target:
        raise RequestError(400, "Malformed request line")
    return method.decode("ascii"), target, "1.0" if minor == b"0" else "1.1"


def split_target(target: bytes) -> tuple[str, bytes, bytes]:
    """The path as text and as bytes, and the query."""
    raw_path, _, query = target.partition(b"?")
    path = raw_path.decode("latin-1")
    return unquote(path) if "%" in path else path, raw_path, query


def check_host(framing: Framing, version: str) -> None:
    """Raise RequestError unless there is one good Host (RFC 9112 section 3.2)."""
    hosts = framing.get(b"host", [])
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise RequestError(400, "One Host header is needed")
    if hosts and not HOST.fullmatch(hosts[0]):
        raise RequestError(400, "Malformed Host header")


def read_absolute(target: bytes, method: str, headers: Headers) -> bytes:
    """The path of a target in another form; what it names takes the place of the Host header.

    RFC 9112 sections 3.2.2 to 3.2.4. No CONNECT is taken: to a proxy in front, our 200 would say
    that all which follows is a tunnel's (RFC 9110 section 9.3.6). Raises RequestError.
    """
    if target == b"*" and method == "OPTIONS":
        return target
    match = ABSOLUTE.fullmatch(target)
    if match is None or method == "CONNECT" or not HOST.fullmatch(match[1]):
        raise RequestError(400, "Malformed request target")
    headers[:] = [(b"host", match[1]), *(pair for pair in headers if pair[0] != b"host")]
    rest = match[2] or b"/"
    return rest if rest.startswith(b"/") else b"/" + rest


def body_length(framing: Framing, version: str) -> int | None:
    """Bytes of the body, None if it comes in chunks (RFC 9112 section 6.3). Raises RequestError."""
    codings = framing.get(b"transfer-encoding")
    lengths = framing.get(b"content-length")
    if codings is not None:
        if lengths is not None or version != "1.1":
            raise RequestError(400, "Ambiguous length of the body")
        check_coding(codings)
        return None
    if lengths is None:
        return 0
    if len(lengths) > 1 or not lengths[0].isdigit() or len(lengths[0]) > LENGTH_DIGITS:
        raise RequestError(400, "Malformed Content-Length")
    return int(lengths[0])


def check_coding(lines: list[bytes]) -> None:
    """Raise RequestError unless the body comes in chunks and in nothing else (section 6.1)."""
    *others, last = listed(lines)
    if last != b"chunked" or b"chunked" in others:
        raise RequestError(400, "Transfer-Encoding must be chunked")
    if others:
        raise RequestError(501, "Only chunked is understood as Transfer-Encoding")


def expects_continue(framing: Framing, version: str) -> bool:
    """Whether the peer waits for a 100 before its body (RFC 9110 10.1.1). Raises RequestError."""
    expected = framing.get(b"expect")
    if expected is None or version != "1.1":
        return False
    if [value.lower() for value in expected] != [b"100-continue"]:
        raise RequestError(417, "Only 100-continue can be expected")
    return True


def listed(lines: list[bytes]) -> list[bytes]:
    """The members of a header that is a list, from all its lines, in small letters."""
    return [part.strip(b" \t") for part in b",".join(lines).lower().split(b",")]
