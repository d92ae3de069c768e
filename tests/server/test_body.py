"""Bodies: what is theirs is taken from the buffer, and never a byte of what follows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.server.body import CHUNK_LINE_MOST, CHUNK_MEAN, CHUNKS_FREE, body_of
from hubbub.server.head import HEAD_MOST, RequestError

NEXT = b"GET /next HTTP/1.1\r\n"


def take(length, data, step=1 << 20):
    """Content and what is left of data that comes `step` bytes at a time."""
    body, buffer, content = body_of(length), bytearray(), b""
    for start in range(0, len(data), step):
        buffer += data[start : start + step]
        if not body.complete:
            content += body.take(buffer)
    assert body.complete, "the body is not whole"
    return content, bytes(buffer)


def refusal(data, step=1 << 20):
    with pytest.raises(RequestError) as caught:
        take(None, data, step)
    return caught.value.status


@pytest.mark.parametrize("step", [1, 2, 7, 100])
def test_a_body_of_a_length_ends_there(step):
    assert take(5, b"hello" + NEXT, step) == (b"hello", NEXT)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"0\r\n\r\n", b""),
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"5\r\nhello\r\n000A\r\n123456789\n\r\n00\r\n\r\n", b"hello123456789\n"),
        (b"a;x=y\r\n0123456789\r\n0;last\r\n\r\n", b"0123456789"),
        (b'1 ; x="y;z"\r\nx\r\n0\r\nX-Sum: 1\r\ny:\r\n\r\n', b"x"),
    ],
)
def test_chunks_are_put_together(data, content, step):
    assert take(None, data + NEXT, step) == (content, NEXT)


@pytest.mark.parametrize("step", [1, 2, 100])
@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"x\r\n",
        b"-1\r\n",
        b"+1\r\nx\r\n",
        b"0x1\r\nx\r\n",
        b"1_0\r\n",
        b" 1\r\nx\r\n",
        b"1 \r\nx\r\n",
        b"1 x\r\nx\r\n",
        b"1\nx\r\n",
        b"1\r\r\nx\r\n",
        b"1;\x00\r\nx\r\n",
        b"1;a\rb\r\nx\r\n",
        b"1\r\nxy\r\n",
        b"1\r\nx\n0\r\n\r\n",
        b"1\r\nx\rx",
        b"1\r\nx0\r\n\r\n",
        b"1" * 16 + b"\r\n",
        b"0\r\nX : y\r\n\r\n",
        b"0\r\n folded\r\n\r\n",
        b"0\r\nx: y\n\r\n",
        b"0\r\n\n",
        b"0\r\nGET / HTTP/1.1\r\n\r\n",
    ],
)
def test_chunks_that_are_none_are_answered_400(data, step):
    assert refusal(data + b"\r\n\r\n", step) == 400


@pytest.mark.parametrize("step", [100, 1 << 20])
def test_a_line_without_end_is_answered_400(step):
    assert refusal(b"1;" + b"x" * CHUNK_LINE_MOST, step) == 400
    assert refusal(b"0\r\nx: " + b"y" * CHUNK_LINE_MOST, step) == 400


def test_trailers_without_end_are_answered_431():
    assert refusal(b"0\r\n" + b"x: y\r\n" * (HEAD_MOST // 6 + 1)) == 431


def test_chunks_of_a_byte_are_borne_for_a_while():
    chunk = b"1\r\nx\r\n"
    assert take(None, chunk * CHUNKS_FREE + b"0\r\n\r\n")[0] == b"x" * CHUNKS_FREE
    assert refusal(chunk * (CHUNKS_FREE + 1)) == 400


def test_chunks_that_are_not_tiny_may_be_many():
    chunk = b"%x\r\n%b\r\n" % (CHUNK_MEAN, b"x" * CHUNK_MEAN)
    size = 2 * CHUNKS_FREE * CHUNK_MEAN
    assert len(take(None, chunk * (2 * CHUNKS_FREE) + b"0\r\n\r\n")[0]) == size


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=10), st.integers(1, 60))
def test_any_content_comes_through_in_any_pieces(parts, step):
    data = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    assert take(None, data + NEXT, step) == (b"".join(parts), NEXT)
