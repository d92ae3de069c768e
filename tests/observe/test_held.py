"""What others log in floods is held back like our own events."""

import logging
import subprocess
import sys

import pytest

from hubbub.observe.held import TEMPLATE, Foreign, forget, tell

#: A process that forks while another of its threads counts a line, and is held up in that.
FORKING = """
import os, sys, threading
from hubbub.observe.held import flood

entered, done = threading.Event(), threading.Event()

class Kind:
    def __hash__(self):
        entered.set()
        done.wait()
        return 0

threading.Thread(target=flood.admit, args=("a", Kind(), 0.0)).start()
entered.wait()
child = os.fork()
if not child:
    os._exit(0 if flood.admit("a", "b", 0.0) is None else 1)
done.set()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.fixture
def logger(caplog):
    logger, only = logging.getLogger("foreign.lines"), Foreign()
    caplog.handler.addFilter(only)
    yield logger
    caplog.handler.removeFilter(only)


def test_a_flood_of_foreign_lines_is_one_line_and_a_count(logger, caplog):
    for number in range(1000):
        logger.warning("No such host: %s", number)
    tell()
    assert caplog.messages == ["No such host: 0", "No such host: 1 held=999"]


def test_other_words_are_another_kind(logger, caplog):
    logger.warning("No such host: %s", 1)
    logger.warning("No such path: %s", 1)
    logger.error("No such path: %s", 1)
    assert len(caplog.messages) == 3


def test_lines_that_begin_alike_are_one_kind(logger, caplog):
    for number in range(1000):
        logger.warning("x" * TEMPLATE + str(number))
    assert len(caplog.messages) == 1


def test_lines_that_differ_in_what_they_quote_are_one_kind(logger, caplog):
    for number in range(1000):
        logger.warning(f"'{number}.example' of {number} is no host")
    assert len(caplog.messages) == 1


def test_a_record_that_passes_two_filters_is_counted_once(logger, caplog):
    only = Foreign()
    logger.addFilter(only)
    logger.warning("No such host")
    logger.removeFilter(only)
    assert caplog.messages == ["No such host"]


def test_what_is_no_warning_is_never_held_back(logger, caplog):
    with caplog.at_level("INFO"):
        for _ in range(3):
            logger.info("Started")
    assert len(caplog.messages) == 3


def test_a_traceback_is_told_once(logger, caplog):
    for _ in range(3):
        logger.error("went wrong", exc_info=ValueError("no"))
    tell()
    assert [bool(record.exc_info) for record in caplog.records] == [True, False]


def test_a_handler_that_raises_for_one_line_is_given_the_others(logger, caplog, monkeypatch):
    for _ in range(2):
        logger.warning("a")
        logger.warning("b")
    handle = caplog.handler.handle

    def fail_at_a(record):
        if record.getMessage().startswith("a"):
            raise ValueError("a")
        handle(record)

    monkeypatch.setattr(caplog.handler, "handle", fail_at_a)
    tell()
    assert caplog.messages == ["a", "b", "b held=1"]


def test_a_child_process_begins_with_nothing_held_back(logger, caplog):
    logger.warning("a")
    logger.warning("a")
    forget()
    tell()
    assert caplog.messages == ["a"]


def test_a_child_process_logs_though_another_thread_was_counting_when_it_began():
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORKING], check=True, timeout=60)
