"""What comes from a peer is made short and plain, and no credential is ever logged."""

import pytest

from hubbub.observe.clean import LONGEST, clean, redact, sentence_of

SECRET = "hub_AbCdEf-123_456"


@pytest.mark.parametrize(
    "line",
    [
        'GET "/ws/chat/a/?token={}" 403',
        "/ws/chat/a/?since=4&token={}&x=1",
        "/ws/chat/a/?ToKeN={}",
        "/ws/chat/a/?history=5&ticket={}",
        "/ws/chat/a/?access_token%3D{}",
        "Authorization: Bearer {}",
        "authorization: bearer  {}",
        "Sec-WebSocket-Protocol: hubbub.v1, bearer.{}",
        "{{'token': x, 'url': '?token={}'}}",
        "Cookie: sessionid={}; x=1",
        "Cookie: hubbub_session={}",
        "username=a&password={}",
        "csrftoken={}",
    ],
)
@pytest.mark.parametrize("secret", [SECRET, "0r4cl3-of-some-other-make"])
def test_a_credential_is_hidden_wherever_it_stands(line, secret):
    text = redact(line.format(secret))
    assert secret not in text
    assert "[hidden]" in text


def test_one_of_our_own_tokens_is_hidden_without_a_word_before_it():
    for secret in (SECRET, SECRET.replace("hub_", "hubt_")):
        assert redact(f'{{"x": "{secret}"}}') == '{"x": "[hidden]"}'


def test_a_row_that_postgresql_repeats_is_hidden():
    text = redact("UniqueViolation: twice\nDETAIL:  Key (message)=(what she said) exists.")
    assert text == "UniqueViolation: twice\nDETAIL: [hidden]"


def test_what_is_no_credential_stays():
    assert redact("tokens: 3 of ?page=2&q=bearing") == "tokens: 3 of ?page=2&q=bearing"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\u2028b", r"a\u2028b"),
        ("left\u202eright", r"left\u202eright"),
        ("\ud800", r"\ud800"),
        (b"caf\xe9\n", r"café\n"),
        ("Zoë 🙂", "Zoë 🙂"),
        (3, 3),
        (2.5, 2.5),
        (True, True),
        (None, None),
    ],
)
def test_a_value_stays_on_its_line(value, told):
    assert clean(value) == told


@pytest.mark.parametrize("value", ["x" * 100_000, b"x" * 100_000])
def test_a_long_value_is_cut(value):
    assert clean(value) == "x" * LONGEST + "…"


def test_an_exception_is_told_by_its_type_and_its_first_line():
    assert sentence_of(ValueError("one\ntwo")) == "ValueError: one"
    assert sentence_of(ValueError()) == "ValueError"
