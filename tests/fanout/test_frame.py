import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubbub.fanout.frame import make_frame, read_texts
from tests.server.peer import BINARY, FINAL


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, b"\x81\x00"),
        (1, b"\x81\x01"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65535, b"\x81\x7e\xff\xff"),
        (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_announces_its_length_in_the_fewest_bytes(size, header):
    assert make_frame(b"x" * size) == header + b"x" * size


def test_a_frame_may_be_of_another_kind():
    assert make_frame(b"\xff", FINAL | BINARY) == b"\x82\x01\xff"


@given(st.lists(st.text(max_size=300)))
@example(["x" * 125, "x" * 126, "x" * 65535, "x" * 65536, ""])
@example(["€" * 42, "€" * 21845, "€" * 21846])
def test_joined_frames_are_read_as_the_texts_that_they_were_made_of(texts):
    wire = b"".join(make_frame(text.encode()) for text in texts)
    assert list(read_texts(wire)) == texts
