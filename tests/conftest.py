"""What one test starts in this process does not run on in the next."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from hubbub.observe.held import flood

if TYPE_CHECKING:
    from collections.abc import Iterator


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
