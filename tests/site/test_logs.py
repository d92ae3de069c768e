"""No credential is ever logged."""

import logging

import pytest

from hubbub.site.logs import Formatter, logging_config

SECRET = "hub_AbCdEf-123_456"


def formatted(message, *args, error=None):
    info = (type(error), error, None) if error else None
    record = logging.LogRecord("x", logging.INFO, "f", 1, message, args, info)
    return Formatter("{message}", style="{").format(record)


@pytest.mark.parametrize(
    "line",
    [
        'GET "/ws/chat/a/?token={}" 403',
        "/ws/chat/a/?since=4&token={}&x=1",
        "/ws/chat/a/?ToKeN={}",
        "/ws/chat/a/?access_token%3D{}",
        "Authorization: Bearer {}",
        "authorization: bearer  {}",
        "Sec-WebSocket-Protocol: hubbub.v1, bearer.{}",
        "{{'token': x, 'url': '?token={}'}}",
    ],
)
def test_it_is_hidden_wherever_it_stands(line):
    text = formatted("%s", line.format(SECRET))
    assert SECRET not in text
    assert "[hidden]" in text


def test_it_is_hidden_in_a_traceback():
    text = formatted("went wrong", error=ValueError(f"/ws/?token={SECRET}"))
    assert "ValueError" in text
    assert SECRET not in text


def test_what_is_no_credential_stays():
    assert formatted("tokens: %d of %s", 3, "?page=2&q=bearing") == "tokens: 3 of ?page=2&q=bearing"


def test_the_level_is_the_given_one():
    assert logging_config("ERROR")["root"]["level"] == "ERROR"
