import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.server.answer import write_response
from hubbub.server.handshake import (
    HandshakeError,
    check_request,
    is_key,
    split_head,
    write_accept,
)
from tests.server.peer import ACCEPT, KEY


def head(*lines, target="/", method="GET", version="13", key=KEY):
    """A request's head as uvicorn hands it on."""
    first = [f"{method} {target} HTTP/1.1", "host: localhost", "upgrade: websocket"]
    given_ones = {"sec-websocket-version": version, "sec-websocket-key": key}
    rest = [f"{name}: {value}" for name, value in given_ones.items() if value is not None]
    return "\r\n".join([*first, *rest, *lines, "", ""]).encode("latin-1")


def read_request(data):
    return check_request(*split_head(data))


def refusal(**changes):
    """Status and headers of the answer to a handshake that breaks the rules."""
    with pytest.raises(HandshakeError) as caught:
        read_request(head(**changes))
    answer, _, _ = caught.value.response.partition(b"\r\n\r\n")
    status, *headers = answer.decode().split("\r\n")
    return int(status.split(" ")[1]), dict(line.split(": ") for line in headers)


def test_the_key_is_answered_as_the_rfc_shows():
    assert read_request(head()).accept == ACCEPT


def test_path_query_and_headers_are_told_apart():
    request = read_request(head("x-empty: ", "x-color: red: blue", target="/a%20b/%C3%A4?x=1?2%20"))
    assert request.path == "/a b/ä"
    assert request.raw_path == b"/a%20b/%C3%A4"
    assert request.query == b"x=1?2%20"
    assert (b"x-empty", b"") in request.headers
    assert (b"x-color", b"red: blue") in request.headers
    assert (b"host", b"localhost") in request.headers


def test_a_head_without_its_last_line_is_read_all_the_same():
    assert read_request(head().rstrip()).accept == ACCEPT


def test_a_path_with_broken_escapes_is_read_all_the_same():
    assert read_request(head(target="/%ff%zz")).path == "/\ufffd%zz"


def test_subprotocols_are_listed_in_order_from_all_their_headers():
    lines = "sec-websocket-protocol: hubbub.v1 , bearer.x", "sec-websocket-protocol: chat"
    assert read_request(head(*lines)).subprotocols == ["hubbub.v1", "bearer.x", "chat"]
    assert read_request(head()).subprotocols == []


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS"])
def test_another_method_than_get_is_answered_405(method):
    status, headers = refusal(method=method)
    assert (status, headers["allow"]) == (405, "GET")


@pytest.mark.parametrize("version", [None, "", "8", "14", "13, 14", "x"])
def test_another_version_is_answered_426_with_the_right_one(version):
    status, headers = refusal(version=version)
    assert (status, headers["sec-websocket-version"]) == (426, "13")
    assert headers["upgrade"] == "websocket"


@pytest.mark.parametrize(
    "key",
    [
        None,
        "",
        "x",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ==x",
        base64.b64encode(b"x" * 15).decode(),
        base64.b64encode(b"x" * 17).decode(),
        "dGhlIHNhbXBs\xffSBub25jZQ==",
        "dGhlIHNhbXBs ZSBub25jZQ==",
    ],
)
def test_a_key_that_is_not_sixteen_bytes_in_base64_is_answered_400(key):
    assert refusal(key=key)[0] == 400


@given(st.binary(min_size=16, max_size=16))
def test_every_sixteen_bytes_make_a_key(nonce):
    assert is_key(base64.b64encode(nonce))


@given(st.binary(max_size=40))
def test_any_bytes_are_a_key_or_none(data):
    assert is_key(data) in (True, False)


def test_the_answer_opens_the_connection():
    assert write_accept(ACCEPT, None, []) == (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + ACCEPT.encode() + b"\r\n\r\n"
    )


def test_the_answer_names_the_chosen_subprotocol_and_the_application_s_headers():
    answer = write_accept(ACCEPT, "hubbub.v1", [(b"set-cookie", b"a=b")])
    assert b"\r\nSec-WebSocket-Protocol: hubbub.v1\r\n" in answer
    assert b"\r\nset-cookie: a=b\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


BREAKS = ["\r", "\n", "\r\nset-cookie: stolen=1"]


@pytest.mark.parametrize("text", BREAKS)
def test_a_line_break_in_a_header_is_not_written(text):
    for pair in ((b"x" + text.encode(), b"y"), (b"x", b"y" + text.encode())):
        with pytest.raises(ValueError, match="line break"):
            write_accept(ACCEPT, None, [pair])
        with pytest.raises(ValueError, match="line break"):
            write_response(403, [pair], b"")


@pytest.mark.parametrize("text", BREAKS)
def test_a_line_break_in_a_subprotocol_is_not_written(text):
    with pytest.raises(ValueError, match="line break"):
        write_accept(ACCEPT, "chat" + text, [])


def test_a_refusal_is_a_whole_answer_that_ends_the_connection():
    assert write_response(503, [(b"retry-after", b"1")], b"busy\n") == (
        b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n"
        b"content-type: text/plain; charset=utf-8\r\ncontent-length: 5\r\n"
        b"connection: close\r\n\r\nbusy\n"
    )


def test_a_refusal_s_own_content_type_and_length_are_kept():
    headers = [(b"Content-Type", b"application/json"), (b"Content-Length", b"2")]
    answer = write_response(418, headers, b"{}")
    assert answer.startswith(b"HTTP/1.1 418 I'm a Teapot\r\n")
    assert answer.lower().count(b"content-type") == answer.lower().count(b"content-length") == 1
