from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubbub.server.frames import FrameReader, WireError, frame_close, read_close
from tests.server.peer import (
    BINARY,
    CLOSE,
    CONTINUED,
    PING,
    PONG,
    TEXT,
    client_frame,
    close_frame,
)

LARGE = 1 << 20


def read(*chunks, max_size=LARGE):
    reader = FrameReader(max_size)
    return [frame for chunk in chunks for frame in reader.feed(chunk)]


def code_of(*chunks, max_size=LARGE):
    """The close code that answers what breaks the protocol."""
    with pytest.raises(WireError) as caught:
        read(*chunks, max_size=max_size)
    return caught.value.close.code


# What is read.


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 200_000])
def test_a_message_of_any_length_is_read_whole(size):
    assert read(client_frame(TEXT, b"x" * size)) == [(TEXT, "x" * size)]
    assert read(client_frame(BINARY, b"x" * size)) == [(BINARY, b"x" * size)]


@given(st.binary(max_size=200), st.binary(min_size=4, max_size=4))
def test_any_mask_is_taken_off(payload, mask):
    assert read(client_frame(BINARY, payload, mask=mask)) == [(BINARY, payload)]


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
@pytest.mark.parametrize("size", [0, 125])
def test_a_control_frame_is_handed_on_as_bytes(opcode, size):
    assert read(client_frame(opcode, b"x" * size)) == [(opcode, b"x" * size)]


def test_frames_that_came_in_one_read_are_read_in_order():
    data = client_frame(TEXT, b"a") + client_frame(PING, b"p") + client_frame(BINARY, b"b")
    assert read(data) == [(TEXT, "a"), (PING, b"p"), (BINARY, b"b")]


def test_fragments_make_one_message():
    parts = [
        client_frame(TEXT, b"one ", final=False),
        client_frame(CONTINUED, b"", final=False),
        client_frame(CONTINUED, b"two"),
    ]
    assert read(*parts) == read(b"".join(parts)) == [(TEXT, "one two")]


def test_fragments_of_bytes_make_bytes():
    parts = client_frame(BINARY, b"\xff", final=False), client_frame(CONTINUED, b"\x00")
    assert read(*parts) == [(BINARY, b"\xff\x00")]


@pytest.mark.parametrize(("opcode", "empty"), [(TEXT, ""), (BINARY, b"")])
def test_fragments_of_nothing_make_an_empty_message(opcode, empty):
    assert read(client_frame(opcode, final=False), client_frame(CONTINUED)) == [(opcode, empty)]


def test_control_frames_between_fragments_come_at_once():
    parts = [
        client_frame(TEXT, b"one ", final=False),
        client_frame(PING, b"!"),
        client_frame(CONTINUED, b"two"),
    ]
    assert read(*parts) == [(PING, b"!"), (TEXT, "one two")]


def test_a_new_message_may_follow_fragments():
    parts = [client_frame(TEXT, b"a", final=False), client_frame(CONTINUED, b"b")]
    assert read(*parts, client_frame(TEXT, b"c")) == [(TEXT, "ab"), (TEXT, "c")]


def test_a_code_point_may_lie_across_fragments():
    euro = "€".encode()
    parts = [client_frame(TEXT, euro[:1], final=False)]
    parts += [client_frame(CONTINUED, euro[1:2], final=False), client_frame(CONTINUED, euro[2:])]
    assert read(*parts) == [(TEXT, "€")]


@st.composite
def wires(draw):
    """The bytes of some messages and control frames, and what is to be read from them."""
    wire, expected = b"", []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["text", "bytes", "fragments", "ping"]))
        if kind == "ping":
            payload = draw(st.binary(max_size=125))
            wire += client_frame(PING, payload)
            expected.append((PING, payload))
        elif kind == "bytes":
            payload = draw(st.binary(max_size=300))
            wire += client_frame(BINARY, payload)
            expected.append((BINARY, payload))
        else:
            text = draw(st.text(max_size=150))
            parts = cut(text.encode(), draw(st.integers(0, 2**32))) if kind == "fragments" else []
            wire += fragments(parts or [text.encode()])
            expected.append((TEXT, text))
    return wire, expected


def cut(data, seed):
    """Cut bytes at a few places."""
    random = Random(seed)
    places = sorted(random.randint(0, len(data)) for _ in range(random.randint(0, 6)))
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def fragments(parts):
    last = len(parts) - 1
    return b"".join(
        client_frame(CONTINUED if place else TEXT, part, final=place == last)
        for place, part in enumerate(parts)
    )


@given(wires(), st.integers(0, 2**32))
def test_every_chop_of_the_same_bytes_gives_the_same_frames(wire_and_frames, seed):
    wire, expected = wire_and_frames
    assert read(wire) == expected
    assert read(*cut(wire, seed)) == expected


@given(wires())
@example((client_frame(TEXT, b"x" * 126), [(TEXT, "x" * 126)]))
def test_frames_that_trickle_in_byte_by_byte_are_the_same_too(wire_and_frames):
    wire, expected = wire_and_frames
    assert read(*(wire[place : place + 1] for place in range(len(wire)))) == expected


@given(st.binary(), st.integers(0, 2**32))
def test_any_bytes_are_frames_or_a_breach_wherever_they_are_cut(data, seed):
    def outcome(*chunks):
        reader, frames = FrameReader(1000), []
        try:
            for chunk in chunks:
                frames += reader.feed(chunk)
        except WireError as error:
            return error.close
        return frames

    assert outcome(data) == outcome(*cut(data, seed))


# What is refused.


@pytest.mark.parametrize("reserved", [0x10, 0x20, 0x40, 0x70])
def test_reserved_bits_break_the_protocol(reserved):
    assert code_of(client_frame(TEXT, b"x", reserved=reserved)) == 1002


@pytest.mark.parametrize("payload", [b"", b"x", b"x" * 200])
def test_an_unmasked_frame_breaks_the_protocol(payload):
    assert code_of(client_frame(TEXT, payload, mask=None)) == 1002


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_an_unknown_opcode_breaks_the_protocol(opcode):
    assert code_of(client_frame(opcode)) == 1002


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_a_control_frame_is_neither_long_nor_in_fragments(opcode):
    assert code_of(client_frame(opcode, b"x" * 126)) == 1002
    assert code_of(client_frame(opcode, final=False)) == 1002


def test_a_continuation_of_nothing_breaks_the_protocol():
    assert code_of(client_frame(CONTINUED, b"x")) == 1002
    assert code_of(client_frame(TEXT, b"a"), client_frame(CONTINUED, b"x", final=False)) == 1002


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_within_fragments_of_another_breaks_the_protocol(opcode):
    assert code_of(client_frame(TEXT, b"a", final=False), client_frame(opcode, b"b")) == 1002


def test_a_breach_is_seen_in_the_first_two_bytes():
    assert code_of(client_frame(TEXT, b"x" * 500, reserved=0x40)[:2]) == 1002


@pytest.mark.parametrize(
    "payload", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"]
)
@pytest.mark.parametrize("padding", [b"", b"x" * 200])
def test_text_that_is_no_utf8_is_refused(payload, padding):
    assert code_of(client_frame(TEXT, padding + payload)) == 1007
    first = client_frame(TEXT, padding + payload, final=False)
    assert code_of(first, client_frame(CONTINUED, b"x")) == 1007
    assert (
        code_of(client_frame(TEXT, padding, final=False), client_frame(CONTINUED, payload)) == 1007
    )


def test_text_that_cannot_become_utf8_is_refused_at_the_fragment_that_shows_it():
    assert code_of(client_frame(TEXT, b"\xce\xff", final=False)) == 1007


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff\xfe"])
def test_bytes_need_not_be_utf8(data):
    assert read(client_frame(BINARY, data)) == [(BINARY, data)]


# The size of a message.


@pytest.mark.parametrize("size", [60, 1000])
def test_a_message_of_the_largest_size_passes_and_one_byte_more_does_not(size):
    assert read(client_frame(TEXT, b"x" * size), max_size=size)
    assert code_of(client_frame(TEXT, b"x" * (size + 1)), max_size=size) == 1009


@pytest.mark.parametrize("announced", [1 << 30, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_what_is_announced_too_large_is_refused_before_a_byte_of_it_is_read(announced):
    header = client_frame(BINARY, size=announced)[:10]
    assert code_of(header, max_size=LARGE) == 1009


def test_fragments_count_together():
    parts = [client_frame(TEXT, b"x" * 40, final=False), client_frame(CONTINUED, b"x" * 60)]
    assert read(*parts, max_size=100)
    parts[1] = client_frame(CONTINUED, b"x" * 61)
    assert code_of(*parts, max_size=100) == 1009


def test_a_message_after_fragments_counts_by_itself():
    parts = [client_frame(TEXT, b"x" * 60, final=False), client_frame(CONTINUED, b"x" * 40)]
    assert len(read(*parts, client_frame(TEXT, b"x" * 100), max_size=100)) == 2


def test_control_frames_do_not_count():
    parts = [client_frame(TEXT, b"x", final=False), client_frame(PING, b"x" * 125)]
    assert len(read(*parts, client_frame(CONTINUED), max_size=10)) == 2


# Goodbyes.


@pytest.mark.parametrize("code", [1000, 1001, 1007, 1011, 1014, 3000, 4999])
def test_a_goodbye_has_a_code_and_a_reason(code):
    said = read_close(read(close_frame(code, "bye €"))[0][1])
    assert (said.code, said.reason) == (code, "bye €")


def test_a_goodbye_without_a_code_is_1005():
    assert read_close(b"").code == 1005


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
def test_a_code_that_may_not_be_sent_breaks_the_protocol(code):
    with pytest.raises(WireError) as caught:
        read_close(code.to_bytes(2, "big"))
    assert caught.value.close.code == 1002


def test_a_goodbye_of_one_byte_breaks_the_protocol():
    with pytest.raises(WireError) as caught:
        read_close(b"\x03")
    assert caught.value.close.code == 1002


def test_a_reason_that_is_no_utf8_is_refused():
    with pytest.raises(WireError) as caught:
        read_close(b"\x03\xe8\xff")
    assert caught.value.close.code == 1007


def test_a_close_frame_carries_code_and_reason():
    assert frame_close(4408, "too slow") == b"\x88\x0a\x11\x38too slow"


def test_a_close_without_a_code_is_empty():
    assert frame_close(1005, "") == b"\x88\x00"


@given(st.text(min_size=100))
def test_a_long_reason_is_cut_to_what_fits_at_a_whole_code_point(reason):
    frame = frame_close(1000, reason)
    assert frame[1] == len(frame) - 2 <= 125
    assert reason.startswith(frame[4:].decode())


@pytest.mark.parametrize("size", [0, 1, 118, 119, 120, 125, 126, 127, 130, 138])
def test_what_a_read_is_as_long_as_says_nothing_of_what_is_in_it(size):
    """A length in eight bytes, whatever it is, and a frame without a mask."""
    text = "x" * size
    long = bytes((0x81, 0x80 | 127)) + size.to_bytes(8, "big") + bytes(4) + text.encode()
    assert read(long) == [(TEXT, text)]
    for said in range(126):
        assert code_of(bytes((0x81, said)) + bytes(4) + text.encode()) == 1002
