"""The adapters that are held to the contract: each as a function that makes a fresh pair of ends.

A pair are two ends of one bus, as two processes have them; in memory they are the same object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubbub.bus.memory import MemoryBus

if TYPE_CHECKING:
    from hubbub.bus.base import Bus


def memory() -> tuple[Bus, Bus]:
    bus = MemoryBus()
    return bus, bus


@pytest.fixture(params=[memory])
def ends(request) -> tuple[Bus, Bus]:
    """Two ends of a bus."""
    return request.param()
