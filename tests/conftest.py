"""What one test starts in this process does not run on in the next; what a test needs is marked."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.kept_tables import kept_tables
from tests.long import is_long
from tests.processes import starts_a_process
from tests.skips import may_be_left_out

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

# A busy machine makes no example wrong.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

# Compiled once, not at each start of a server, whatever the environment says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A run that is to outlive its terminal ignores both, and so would each server that it starts.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

__all__ = ["kept_tables"]

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files that are left out are not even read."""
    name = collection_path.relative_to(config.rootpath).as_posix()
    return True if "not long" in config.option.markexpr and is_long(name) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if is_long(item.nodeid):
            item.add_marker("long")
        if isinstance(item, pytest.Function) and starts_a_process(item):
            item.add_marker("process")
    if hasattr(config, "workerinput"):
        items[:] = longest_first(items)


def longest_first(items: list[pytest.Item]) -> list[pytest.Item]:
    """The files that start a process before the others, those of a folder behind one another.

    So that workers who share the files end together, and what a folder's files share is started
    once by each. Folders, files and tests stay in the random order in which they are.
    """
    long = {item.path for item in items if item.get_closest_marker("process")}
    folders = dict.fromkeys(item.path.parent for item in items if item.path in long)
    place = {folder: number for number, folder in enumerate(folders)}
    return sorted(
        items, key=lambda item: place[item.path.parent] if item.path in long else len(place)
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test is left out only if it is named in the list of those that may be."""
    report = yield
    left_out = report.skipped and not hasattr(report, "wasxfail")
    if IN_CI and left_out and not may_be_left_out(report.nodeid):
        report.outcome = "failed"
        report.longrepr = f"left out in CI, and not named in tests/skips.py: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def process() -> Iterator[None]:
    """The process as it is when it has begun: nobody is here, nothing was used up or is known.

    Its threads end with the test, and their connections to the database too.
    """
    from channels.layers import channel_layers

    from hubbub.anew import end_threads, forget_all

    channel_layers.backends.clear()
    end_threads()
    forget_all()
    yield
    end_threads()
