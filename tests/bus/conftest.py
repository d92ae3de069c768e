"""The bells that are held to the contract, each with a way to store elsewhere what it tells of.

Of what carries events there are two ends, as two processes have them; in memory they are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection

from hubbub.bus import version
from hubbub.bus.base import Event
from hubbub.bus.memory import MemoryBus
from hubbub.bus.notices import Notices
from hubbub.bus.version import DataVersion
from hubbub.journal.bells import Bells
from hubbub.journal.tune import open_kept
from tests.bus.ears import Ear, until
from tests.bus.elsewhere import elsewhere, post_as_another_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubbub.bus.base import Doorbell

ONE = Event("chat:general", "k3f9", 1, b"one")


def memory() -> tuple[Doorbell, Doorbell]:
    bus = MemoryBus()
    return bus, bus


@pytest.fixture(params=[memory])
def ends(request) -> tuple[Doorbell, Doorbell]:
    """Two ends of a bell that carries events."""
    return request.param()


class Rung:
    """A bell, and what goes on about it: a commit that it tells of, and time that passes."""

    def __init__(
        self,
        bell: Doorbell,
        commit: Callable[[], None] = lambda: elsewhere(post_as_another_process),
        turn: Callable[[], None] = lambda: None,
    ) -> None:
        self.bell, self.commit, self._turn = bell, commit, turn

    def tells(self, ear: Ear) -> bool:
        """Whether an ear is told within the deadline."""

        def told() -> bool:
            self._turn()
            return ear.told

        until(told)
        return ear.told


def in_memory() -> Rung:
    bus = MemoryBus()
    return Rung(bus, lambda: bus.publish([ONE]))


def by_the_database() -> Rung:
    if connection.vendor == "postgresql":
        return Rung(Notices())
    bell = DataVersion(open_kept)
    return Rung(bell, turn=bell.look)


def by_all_of_a_process() -> Rung:
    bells = Bells()
    return Rung(bells, turn=bells.look)


@pytest.fixture(params=[in_memory, by_the_database, by_all_of_a_process])
def rung(request, monkeypatch, transactional_db) -> Iterator[Rung]:
    """A bell that has not started."""
    monkeypatch.setattr(version, "EVERY", 0.0)
    made = request.param()
    yield made
    made.bell.close()
