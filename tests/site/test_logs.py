"""The stand-alone site logs everything through one handler."""

import logging.config

import pytest
from django.core.exceptions import DisallowedHost

from hubbub.observe.held import tell
from hubbub.site.logs import logging_config


@pytest.fixture
def configured():
    """The site's configuration, and afterwards the one of before."""
    names = ("", "django", "django.server")
    loggers = [logging.getLogger(name) for name in names]
    before = [(one, one.handlers[:], one.level, one.propagate) for one in loggers]
    yield lambda style="lines": logging.config.dictConfig(logging_config("INFO", style))
    for one, handlers, level, propagate in before:
        one.handlers[:], one.propagate = handlers, propagate
        one.setLevel(level)


def test_the_level_is_the_given_one():
    assert logging_config("ERROR", "lines")["root"]["level"] == "ERROR"


def test_djangos_and_uvicorns_lines_have_our_format(configured, capsys):
    configured("json")
    logging.getLogger("django.request").warning("Not Found: %s", "/x")
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    first, second = capsys.readouterr().err.splitlines()
    assert '"logger": "django.request", "event": "Not Found: /x"' in first
    assert '"logger": "uvicorn.error", "event": "Invalid HTTP request received."' in second


def test_two_thousand_bad_hosts_are_one_line_and_a_count(configured, capsys):
    configured()
    for number in range(2000):
        error = DisallowedHost(f"Invalid HTTP_HOST header: '{number}.example'.")
        logger = logging.getLogger("django.security.DisallowedHost")
        logger.error(str(error), exc_info=error)
    tell()
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("Invalid HTTP_HOST header: '0.example'.")
    assert second.endswith("held=1999")
