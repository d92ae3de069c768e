"""Which heads are read, and which are refused because two readers could differ about them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.server.head import (
    HEAD_MOST,
    HEADERS_MOST,
    RequestError,
    find_end,
    read_head,
    split_target,
)


def head(*lines, first="GET / HTTP/1.1", host="Host: x"):
    return "".join(f"{line}\r\n" for line in [first, host, *lines] if line is not None).encode(
        "latin-1"
    )


def refusal(*args, **options):
    with pytest.raises(RequestError) as caught:
        read_head(head(*args, **options))
    return caught.value.status


def test_a_plain_request_is_read():
    read = read_head(head("X-Color:  red \t", "x-empty:", first="GET /a%20b?x=1?2 HTTP/1.1"))
    assert (read.method, read.target, read.version) == ("GET", b"/a%20b?x=1?2", "1.1")
    assert read.headers == [(b"host", b"x"), (b"x-color", b"red"), (b"x-empty", b"")]
    assert (read.length, read.keep_alive, read.expects, read.handshake) == (0, True, False, False)


def test_a_target_has_a_path_and_a_query():
    assert split_target(b"/a%20b/%C3%A4?x=1?2%20") == ("/a b/ä", b"/a%20b/%C3%A4", b"x=1?2%20")
    assert split_target(b"/%ff") == ("/\ufffd", b"/%ff", b"")


@pytest.mark.parametrize(
    "first",
    [
        "",
        "GET",
        "GET /",
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET / HTTP/1.1\t",
        "GET /a b HTTP/1.1",
        "GET /\x00 HTTP/1.1",
        "GET /ä HTTP/1.1",
        "GET / http/1.1",
        "GET / HTTP/1",
        "GET / HTTP/11",
        "G(T / HTTP/1.1",
        "GET /a#b HTTP/1.1",
        "GET a HTTP/1.1",
        "GET * HTTP/1.1",
        "GET http:///a HTTP/1.1",
        "GET http://u@x/a HTTP/1.1",
        "GET ftp://x/a HTTP/1.1",
        "CONNECT x:443 HTTP/1.1",
        "CONNECT /healthz HTTP/1.1",
        "CONNECT http://x/healthz HTTP/1.1",
        "GET /\rX: y HTTP/1.1",
    ],
)
def test_a_request_line_that_is_none_is_answered_400(first):
    assert refusal(first=first) == 400


@pytest.mark.parametrize("version", ["2.0", "3.0", "0.9"])
def test_another_major_version_is_answered_505(version):
    assert refusal(first=f"GET / HTTP/{version}") == 505


def test_a_higher_minor_version_is_read_as_1_1():
    assert read_head(head(first="GET / HTTP/1.9")).version == "1.1"


@pytest.mark.parametrize(
    "line",
    [
        "x",
        ": x",
        "x : y",
        "x\t: y",
        " folded",
        "\tfolded",
        "x y: z",
        "x: a\x00b",
        "x: a\x0bb",
        "x: a\rb",
        "x: a\nb: c",
        "x: \x7f",
        "x\x00: y",
        "ä: y",
        "x(y): z",
    ],
)
def test_a_line_that_is_no_header_is_answered_400(line):
    assert refusal(line) == 400
    assert refusal("a: b", line, "c: d") == 400
    assert refusal(line, host=None, first="GET / HTTP/1.0") == 400


def test_latin_1_and_tabs_may_be_in_a_value():
    assert (b"x", b"\xe4\tb") in read_head(head("x: ä\tb")).headers


def test_a_long_line_of_spaces_is_read_once():
    line = "x:" + " " * 60_000 + "\x01"
    assert refusal(line) == 400  # an hour, if each space were tried anew


def test_more_headers_than_are_read_are_answered_431():
    lines = [f"x-{number}: y" for number in range(HEADERS_MOST - 1)]
    assert len(read_head(head(*lines)).headers) == HEADERS_MOST
    assert refusal(*lines, "one: more") == 431


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (None, 400),
        ("Host: x\r\nHost: x", 400),
        ("Host: x\r\nhost: y", 400),
        ("Host: a b", 400),
        ("Host: a/b", 400),
        ("Host: a@b", 400),
        ("Host: ä", 400),
        ("Host: a:b", 400),
        ("Host: x:80, y", 400),
    ],
)
def test_there_is_one_good_host(host, status):
    assert refusal(host=host) == status


@pytest.mark.parametrize("host", ["", "x", "x:80", "a_b.example", "127.0.0.1:8000", "[::1]:8000"])
def test_hosts_as_there_are_pass(host):
    assert (b"host", host.encode()) in read_head(head(host=f"Host: {host}")).headers


def test_http_1_0_needs_no_host_and_is_not_kept():
    read = read_head(head("Connection: keep-alive", host=None, first="GET / HTTP/1.0"))
    assert (read.version, read.keep_alive) == ("1.0", False)


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        ("http://y/a?b", b"/a?b", b"y"),
        ("HTTPS://y:80", b"/", b"y:80"),
        ("http://y?b", b"/?b", b"y"),
    ],
)
def test_a_whole_url_names_the_host(target, path, host):
    read = read_head(head(first=f"GET {target} HTTP/1.1"))
    assert (read.target, read.headers) == (path, [(b"host", host)])


def test_the_server_as_a_whole_may_be_asked_for_its_options():
    assert read_head(head(first="OPTIONS * HTTP/1.1")).target == b"*"


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        ((), 0),
        (("Content-Length: 0",), 0),
        (("content-length:12",), 12),
        (("Content-Length: 012",), 12),
        (("Transfer-Encoding: chunked",), None),
        (("transfer-encoding: Chunked",), None),
    ],
)
def test_a_body_is_as_long_as_the_head_says(lines, length):
    assert read_head(head(*lines)).length == length


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 1", "Content-Length: 1"),
        ("Content-Length: 1", "Content-Length: 2"),
        ("Content-Length: 1, 1",),
        ("Content-Length: +1",),
        ("Content-Length: -1",),
        ("Content-Length: 1 1",),
        ("Content-Length: 0x1",),
        ("Content-Length: 1_0",),
        ("Content-Length: ²",),
        ("Content-Length:",),
        ("Content-Length: " + "9" * 16,),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Transfer-Encoding: identity",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunkedx",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Transfer-Encoding: chunked, chunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked;a=b",),
        ("Transfer-Encoding:",),
        ("Transfer-Encoding: \x0bchunked",),
        ("Transfer-Encoding : chunked",),
        ("X: y\r\n Transfer-Encoding: chunked",),
    ],
)
def test_a_length_that_can_be_read_in_two_ways_is_answered_400(lines):
    assert refusal(*lines, first="POST / HTTP/1.1") == 400


def test_another_coding_than_chunked_is_answered_501():
    assert refusal("Transfer-Encoding: gzip, chunked") == 501


def test_http_1_0_has_no_chunks():
    assert refusal("Transfer-Encoding: chunked", first="POST / HTTP/1.0") == 400


@pytest.mark.parametrize("value", ["close", "Close", "x, close", "close\r\nConnection: y"])
def test_a_client_may_ask_for_the_end_of_the_connection(value):
    assert not read_head(head(f"Connection: {value}")).keep_alive


def test_only_100_continue_can_be_expected():
    assert read_head(head("Expect: 100-Continue")).expects
    assert not read_head(head("Expect: 100-continue", first="GET / HTTP/1.0")).expects
    assert refusal("Expect: a miracle") == 417


OFFER = ("Connection: keep-alive, Upgrade", "Upgrade: WebSocket")


def test_an_offer_of_a_websocket_is_a_handshake():
    assert read_head(head(*OFFER)).handshake
    assert read_head(head(*OFFER, "Content-Length: 0")).handshake
    assert read_head(head("Connection: Upgrade", "Upgrade: h2c, websocket")).handshake


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        (("Connection: Upgrade",), "GET / HTTP/1.1"),
        (("Upgrade: websocket",), "GET / HTTP/1.1"),
        (("Connection: Upgrade", "Upgrade: h2c"), "GET / HTTP/1.1"),
        (("Connection: Upgrade", "Upgrade: websocket2"), "GET / HTTP/1.1"),
        (("Connection: close", "Upgrade: websocket"), "GET / HTTP/1.1"),
        ((*OFFER, "Content-Length: 5"), "GET / HTTP/1.1"),
        ((*OFFER, "Transfer-Encoding: chunked"), "GET / HTTP/1.1"),
        (OFFER, "POST / HTTP/1.1"),
        (OFFER, "HEAD / HTTP/1.1"),
        (OFFER, "GET / HTTP/1.0"),
    ],
)
def test_any_other_offer_is_passed_over(lines, first):
    assert not read_head(head(*lines, first=first)).handshake


# Where a head ends.


def end_of(data, step):
    """As `find_end`, of bytes that come `step` at a time."""
    buffer, seen = bytearray(), 0
    for start in range(0, len(data), step):
        buffer += data[start : start + step]
        end = find_end(buffer, seen)
        if end >= 0:
            return end
        seen = len(buffer)
    return -1


@pytest.mark.parametrize("step", [1, 2, 3, 5, 100])
def test_the_end_is_found_in_whatever_pieces_it_comes(step):
    assert end_of(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nrest", step) == 23
    assert end_of(b"GET / HTTP/1.1\r\nHost: x\r\n", step) == -1


@pytest.mark.parametrize("step", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\nHost: x\n\n", b"GET / HTTP/1.1\rHost: x\r\r", b"a\r\nb\n", b"\n"]
)
def test_a_line_without_its_whole_break_is_told_before_the_end(data, step):
    with pytest.raises(RequestError) as caught:
        end_of(data + b"x", step)
    assert caught.value.status == 400


@pytest.mark.parametrize("step", [1000, HEAD_MOST * 2])
@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"])
def test_a_head_that_is_too_long_is_answered_431(step, end):
    assert end_of(b"x" * HEAD_MOST + b"\r\n\r\n", step) == HEAD_MOST
    with pytest.raises(RequestError) as caught:
        end_of(b"x" * (HEAD_MOST + 1) + end, step)
    assert caught.value.status == 431


@given(st.binary(max_size=300))
def test_any_bytes_are_a_head_or_refused(data):
    with suppress(RequestError):
        read_head(data)
