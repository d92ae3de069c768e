"""What is away is told once, and once that it is back, with how long it was away."""

import pytest

from hubbub.observe.events import DATABASE_AWAY, DATABASE_BACK
from hubbub.observe.outage import Outage


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture
def outage(clock):
    return Outage(DATABASE_AWAY, DATABASE_BACK, "sending", clock=lambda: clock[0])


def test_it_is_told_once_and_its_end_with_its_length(outage, clock, caplog):
    for _ in range(3):
        outage.begin(OSError("refused"))
        clock[0] += 1.5
    outage.end()
    outage.end()
    assert caplog.messages == [
        'database_away reason=sending error="OSError: refused"',
        "database_back reason=sending seconds=4.5",
    ]


def test_what_was_never_away_is_not_back(outage, caplog):
    outage.end()
    assert not caplog.messages
    assert not outage.on
