"""Our events are heard whatever LOGGING says: by the project's handlers, once, or else by ours."""

import subprocess
import sys

import pytest

from hubbub.observe.events import EVENTS
from tests.servers import environment

LINE = "WARNING hubbub.sockets: handshake_refused reason=origin address=::1"
CONSOLE = """{
    "version": 1, "disable_existing_loggers": True,
    "formatters": {"mine": {"format": "MINE %(name)s %(message)s %(address)s"}},
    "handlers": {"mine": {"class": "logging.StreamHandler", "formatter": "mine"}},
    """
MINE = "MINE hubbub.sockets handshake_refused reason=origin address=::1 ::1"


def told(settings, after="", event="HANDSHAKE_REFUSED"):
    """What a project with these settings prints when an event is reported."""
    program = f"""
import logging.config
from hubbub.observe.events import *
from hubbub.observe.report import report
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes",
    "hubbub.accounts"], {settings})
django.setup()
{after}
report({event}, "origin", address="::1")
"""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment({}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert not ran.stdout
    return ran.stderr.splitlines()


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "LOGGING={}",
        "LOGGING_CONFIG=None",
        'LOGGING={"version": 1, "disable_existing_loggers": True}',
        'LOGGING={"version": 1, "root": {"level": "ERROR"}}',
        'LOGGING={"version": 1, "loggers": {"hubbub": {"level": "INFO"}}}',
    ],
)
def test_without_a_handler_they_go_to_standard_error(settings):
    (line,) = told(settings)
    assert line.endswith(LINE)


@pytest.mark.parametrize(
    "where",
    [
        '"root": {"handlers": ["mine"], "level": "ERROR"}}',
        '"loggers": {"hubbub": {"handlers": ["mine"], "level": "INFO"}}}',
        '"loggers": {"hubbub": {"handlers": ["mine"], "propagate": False}}}',
        '"loggers": {"hubbub.sockets": {"handlers": ["mine"]}}}',
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_with_a_handler_they_go_there_once(where, late):
    if late:
        lines = told("LOGGING_CONFIG=None", f"logging.config.dictConfig({CONSOLE}{where})")
    else:
        lines = told(f"LOGGING={CONSOLE}{where}")
    assert lines == [MINE]


def test_info_is_heard_unless_logging_gives_our_loggers_a_level():
    assert told("", event="CREDENTIAL_REFUSED")
    warning = 'LOGGING={"version": 1, "loggers": {"hubbub": {"level": "WARNING"}}}'
    assert not told(warning, event="CREDENTIAL_REFUSED")
    assert not told('HUBBUB_LOG_LEVEL="WARNING"', event="CREDENTIAL_REFUSED")


def test_a_project_has_json_by_the_setting():
    (line,) = told('HUBBUB_LOG_FORMAT="json"')
    assert '"event": "handshake_refused", "reason": "origin", "address": "::1"' in line


@pytest.mark.parametrize(
    "closed",
    ["import sys; sys.stderr = None", "import sys; sys.stderr.close()", "import os; os.close(2)"],
)
def test_a_standard_error_that_is_gone_stops_nobody(closed):
    assert told("", closed) == []


def test_every_event_has_a_logger_of_ours():
    assert all(event.logger.name.startswith("hubbub.") for event in EVENTS.values())
