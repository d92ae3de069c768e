import json
import math
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.errors import InvalidFormatError, InvalidJSONError
from hubbub.fanout.frame import make_frame
from hubbub.wire.codec import (
    UNREADABLE,
    decode,
    decode_any,
    encode,
    read_frame,
    timestamp,
)


class Greeting(msgspec.Struct):
    text: str
    times: int = 1


GREETING = msgspec.json.Decoder(Greeting)

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner)
)


@pytest.mark.parametrize("kind", [str.encode, str])
def test_what_fits_is_read(kind):
    assert decode(GREETING, kind('{"text":"hi","times":2}')) == Greeting("hi", 2)
    assert decode_any(kind('{"text":["hi",null]}')) == {"text": ["hi", None]}


@given(values)
def test_what_is_encoded_is_json_and_reads_back(value):
    assert json.loads(encode(value)) == value
    assert decode_any(encode(value)) == value


@pytest.mark.parametrize(
    "payload",
    [
        "",
        " ",
        "hello",
        "{",
        '{"text":"hi"',
        '{"text":"hi"}}',
        '{"text":"hi",}',
        "{'text':'hi'}",
        '{"text":NaN}',
        '{"text":Infinity}',
        '{"text":-Infinity}',
        '{"text":"a\nb"}',
        '{"text":"\\x"}',
        '{"text":01}',
        "\ufeff{}",
        b"\xff\xfe",
        b'{"text":"\xff"}',
        b'{"text":"\xed\xa0\x80"}',
        b"\x00",
    ],
)
@pytest.mark.parametrize("read", [lambda payload: decode(GREETING, payload), decode_any])
def test_what_is_no_json_is_invalid_json(read, payload):
    with pytest.raises(InvalidJSONError) as caught:
        read(payload)
    assert str(caught.value) == "Invalid JSON format"
    assert caught.value.code == "invalid_json"


@pytest.mark.parametrize(
    "payload",
    ["null", "true", "1", '"text"', "[]", "{}", '{"text":1}', '{"text":"hi","times":"2"}'],
)
def test_json_of_another_shape_is_an_invalid_format(payload):
    with pytest.raises(InvalidFormatError) as caught:
        decode(GREETING, payload)
    assert caught.value.sentence == "Invalid message format"
    assert caught.value.code == "invalid_format"


def test_broken_json_is_the_graver_complaint_than_a_misfit_before_it():
    with pytest.raises(InvalidJSONError):
        decode(GREETING, '{"text":1')


def test_text_that_no_utf8_can_carry_is_invalid_json():
    for payload in ('{"text":"\ud800"}', "[" * 40 + '"\ud800"'):
        with pytest.raises(InvalidJSONError):
            decode_any(payload)


#: JSON by its grammar (RFC 8259 sections 6 and 8.2) that no reader must be able to hold.
NUMBERS = ["9" * 400, "9" * 5000, "-" + "9" * 5000, "1e999", "-1e999", "1" * 400 + ".5"]
HALVES = ['"\\ud800"', '"\\udc00\\ud800"', '["\\ud800"]', '{"a":{"\\udfff":1}}']
ODDITIES = [*NUMBERS, *HALVES, "[1e999,{}]", '{"a":1e999}']


@pytest.mark.parametrize("kind", [str.encode, str])
@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize("first", [True, False])
def test_an_oddity_harms_no_other_key(oddity, kind, first):
    known, odd = '"text":"hi"', f'"note":{oddity}'
    payload = kind("{" + ",".join((odd, known) if first else (known, odd)) + "}")
    assert decode(GREETING, payload) == Greeting("hi")
    content = decode_any(payload)
    assert content.keys() == {"text", "note"}
    assert content["text"] == "hi"


@pytest.mark.parametrize("kind", [str.encode, str])
def test_a_key_that_is_half_a_surrogate_pair_is_unknown(kind):
    payload = kind('{"\\ud800":1,"text":"hi"}')
    assert decode(GREETING, payload) == Greeting("hi")
    assert decode_any(payload) == {"text": "hi"}


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_of_any_size_is_of_the_wrong_type_where_text_is_wanted(number):
    with pytest.raises(InvalidFormatError):
        decode(GREETING, f'{{"text":{number}}}')


@pytest.mark.parametrize(
    ("number", "read"), [("1e999", math.inf), ("-1e999", -math.inf), ("-" + "9" * 5000, -math.inf)]
)
def test_a_number_beyond_all_others_is_infinite(number, read):
    assert decode_any(number) == read
    assert decode_any(f'{{"a":{number}}}') == {"a": read}


@pytest.mark.parametrize("half", HALVES)
def test_half_a_surrogate_pair_where_text_is_wanted_is_invalid_json(half):
    with pytest.raises(InvalidJSONError):
        decode(GREETING, f'{{"text":{half}}}')
    assert decode_any(f'{{"text":{half}}}') == {"text": UNREADABLE}
    with pytest.raises(InvalidJSONError):
        decode_any(half if half.startswith('"') else f"[{half}]")


def test_beside_an_oddity_all_else_must_be_json_still():
    for rest in ("NaN", "-Infinity", "01", "'x'", '"\n"', "1,", '"\\x"', "[" * 40 + "]" * 40):
        with pytest.raises(InvalidJSONError):
            decode(GREETING, f'{{"text":"hi","note":1e999,"more":{rest}}}')
    with pytest.raises(InvalidJSONError):
        decode_any(b'{"note":1e999,"more":"\xff"}')


def test_of_a_key_given_twice_the_last_one_counts():
    assert decode(GREETING, '{"text":"first","text":"last"}') == Greeting("last")
    assert decode_any('{"a":1,"a":2}') == {"a": 2}


def test_unknown_keys_are_ignored():
    assert decode(GREETING, '{"text":"hi","color":"red"}') == Greeting("hi")


@given(st.binary() | st.text(st.characters()))
def test_any_bytes_and_any_text_are_read_or_refused(payload):
    with suppress(InvalidJSONError, InvalidFormatError):
        decode(GREETING, payload)


# 0x7B is a brace: as a length of 123, and in those of two bytes.
@pytest.mark.parametrize("size", [10, 123, 125, 126, 0x7B00, 0x7B7B, 65535, 65536, 70_000])
def test_a_frame_of_ours_is_read_whatever_its_length(size):
    content = {"a": "x" * (size - len('{"a":""}'))}
    assert len(encode(content)) == size
    assert read_frame(make_frame(encode(content))) == content


@pytest.mark.parametrize(
    ("now", "written"),
    [
        (0, "1970-01-01T00:00:00.000000+00:00"),
        (1_737_981_045_123_456_789, "2025-01-27T12:30:45.123456+00:00"),
        (1_737_981_045_000_000_000, "2025-01-27T12:30:45.000000+00:00"),
        (1_737_981_045_000_001_999, "2025-01-27T12:30:45.000001+00:00"),
    ],
)
def test_a_moment_is_written_in_utc_with_six_decimals_always(now, written):
    assert timestamp(now) == written


@given(st.integers(0, 4 * 10**18))
def test_a_written_moment_is_read_by_any_iso_reader(now):
    moment = datetime.fromisoformat(timestamp(now))
    assert moment.utcoffset() == timedelta(0)
    whole, micro = divmod(now // 1000, 10**6)
    assert (int(moment.timestamp()), moment.microsecond) == (whole, micro)
