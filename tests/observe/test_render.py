"""Readable lines and JSON, of our own records and of everybody's."""

import json
import logging

import pytest

from hubbub.observe.events import HANDSHAKE_REFUSED
from hubbub.observe.render import Formatter
from hubbub.observe.report import record_of

OURS = record_of(HANDSHAKE_REFUSED, "origin", None, {"status": 403, "address": "::1"})

fault = ValueError("went\nwrong with ?token=hub_secret_secret")


def foreign(message, *args, error=False):
    info = (ValueError, fault, fault.__traceback__) if error else None
    record = logging.LogRecord("uvicorn.error", logging.INFO, "f", 1, message, args, info)
    record.created = 1795687200.25
    return record


def test_a_line_has_the_time_the_level_the_logger_and_the_message():
    line = Formatter("lines").format(foreign("%s of %d", "one", 2))
    assert line == "2026-11-26T10:00:00.250Z INFO uvicorn.error: one of 2"


def test_an_event_is_a_line():
    line = Formatter("lines").format(OURS)
    assert line.endswith(
        "Z WARNING hubbub.sockets: handshake_refused reason=origin status=403 address=::1"
    )


def test_an_event_in_json_has_its_fields():
    told = json.loads(Formatter("json").format(OURS))
    assert told.pop("time").endswith("Z")
    assert told == {
        "level": "warning",
        "logger": "hubbub.sockets",
        "event": "handshake_refused",
        "reason": "origin",
        "status": 403,
        "address": "::1",
    }


def test_a_foreign_record_in_json_has_the_same_keys():
    told = json.loads(Formatter("json").format(foreign("%s of %d", "one", 2)))
    assert told == {
        "time": "2026-11-26T10:00:00.250Z",
        "level": "info",
        "logger": "uvicorn.error",
        "event": "one of 2",
    }


def test_a_traceback_stands_below_its_line_and_begins_none():
    first, *others = Formatter("lines").format(foreign("it", error=True)).splitlines()
    assert first.endswith(": it")
    assert "ValueError: went" in others[-2]
    assert all(line.startswith("    ") for line in others)


@pytest.mark.parametrize("style", ["lines", "json"])
def test_a_foreign_line_is_one_line_and_holds_no_credential(style):
    text = Formatter(style).format(foreign("GET %s\n2026 INFO", "/?token=hub_secret_secret"))
    assert "\n" not in text
    assert "secret" not in text


@pytest.mark.parametrize("style", ["lines", "json"])
def test_a_traceback_holds_no_credential(style):
    text = Formatter(style).format(foreign("it", error=True))
    assert "secret_secret" not in text
    assert "ValueError" in text


def test_json_is_one_line_with_a_traceback_in_it():
    told = json.loads(Formatter("json").format(foreign("it", error=True)))
    assert told["exception"] == "ValueError: went\nwrong with ?token=[hidden]"
