"""What all tests of the simulation have in common."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def unmeasured() -> Iterator[None]:
    """Run without the measuring of coverage, which doubles the time; other tests give it all."""
    trace = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(trace)
