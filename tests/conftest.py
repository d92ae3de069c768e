"""What one test starts in this process does not run on in the next; what a test needs is marked."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from hubbub.observe.held import flood
from tests.processes import starts_a_process
from tests.skips import may_be_left_out

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and starts_a_process(item):
            item.add_marker("process")


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
def journal_at_rest() -> Iterator[None]:
    """The process's writer and watch end with the test that used them."""
    yield
    nodes = sys.modules.get("hubbub.journal.nodes")
    if nodes is not None:
        nodes.writer.stop()
        nodes.watch.stop()


@pytest.fixture(autouse=True)
def nothing_held_back() -> None:
    """What one test logged holds nothing of the next one back."""
    flood.clear()
