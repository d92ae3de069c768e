"""The bells of a process ring as one, whatever carries the events."""

import pytest

from hubbub.bus.base import Event
from hubbub.bus.memory import MemoryBus
from hubbub.journal.bells import Bells
from tests.bus.ears import Ear

ONE, TWO = (Event("toy:a", "k3f9", seq, b"frame") for seq in (1, 2))


@pytest.fixture
def bells() -> Bells:
    return Bells()


def test_an_ear_hears_what_carries_events_now_and_no_more_what_did_before(bells):
    ear, other = Ear(), MemoryBus()
    bells.listen(ear)
    before = bells.carry_by(other)
    before.publish([ONE])
    bells.publish([TWO])
    assert ear.heard == [TWO]
    assert bells.carry_by(before) is other
    other.publish([TWO])
    bells.publish([ONE])
    assert ear.heard == [TWO, ONE]


def test_a_bell_that_wakes_is_heard_beside_what_carries_events(bells):
    ear = Ear()
    bells.listen(ear)
    for bell in (bells.version, bells.notices):
        bell.wake()
    assert (ear.woken, ear.heard) == (2, [])


def test_made_anew_they_have_another_name_and_are_heard_by_nobody(bells):
    ear, name = Ear(), bells.notices.name
    bells.listen(ear)
    bells.forget()
    bells.publish([ONE])
    assert bells.notices.name != name
    assert ear.heard == []
