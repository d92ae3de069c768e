import pytest

from hubbub.server.deadline import Deadline
from tests.server.test_heartbeat import Loop


def build(seconds=10.0):
    loop, late = Loop(), []
    deadline = Deadline(loop, seconds, lambda member: late.append((member, round(loop.now, 6))))
    return loop, deadline, late


def test_a_member_is_late_when_its_time_is_over():
    loop, deadline, late = build()
    deadline.start("a")
    loop.pass_time(9.9)
    assert late == []
    loop.pass_time(0.1)
    assert late == [("a", 10.0)]


def test_each_has_its_own_time():
    loop, deadline, late = build()
    for member in "abc":
        deadline.start(member)
        loop.pass_time(3)
    loop.pass_time(10)
    assert late == [("a", 10.0), ("b", 13.0), ("c", 16.0)]


def test_one_that_was_stopped_is_never_late():
    loop, deadline, late = build()
    deadline.start("a")
    deadline.start("b")
    deadline.stop("a")
    deadline.stop("nobody")
    loop.pass_time(20)
    assert late == [("b", 10.0)]
    assert "a" not in deadline


def test_a_second_start_gives_all_the_time_anew():
    loop, deadline, late = build()
    deadline.start("a")
    loop.pass_time(9)
    deadline.start("a")
    loop.pass_time(9.9)
    assert late == []
    loop.pass_time(0.1)
    assert late == [("a", 19.0)]


def test_there_is_one_timer_for_all_and_none_for_nobody():
    loop, deadline, _ = build()
    for member in range(100):
        deadline.start(member)
    assert len(loop.waiting()) == 1
    loop.pass_time(10)
    assert loop.waiting() == []


def test_whoever_is_late_may_start_again():
    loop = Loop()
    late = []

    def verdict(member):
        late.append(round(loop.now, 6))
        if len(late) < 3:
            deadline.start(member)

    deadline = Deadline(loop, 5.0, verdict)
    deadline.start("a")
    loop.pass_time(60)
    assert late == [5.0, 10.0, 15.0]


def test_there_is_one_timer_however_many_are_given_more_time():
    loop = Loop()

    def verdict(member):
        deadline.start(member)

    deadline = Deadline(loop, 5.0, verdict)
    deadline.start("a")
    loop.pass_time(1)
    deadline.start("b")
    loop.pass_time(60)
    assert len(loop.waiting()) == 1


def test_a_verdict_that_raises_spares_none_of_the_others():
    loop, late = Loop(), []

    def verdict(member):
        late.append(member)
        if member == "a":
            raise ValueError(member)

    deadline = Deadline(loop, 5.0, verdict)
    deadline.start("a")
    deadline.start("b")
    with pytest.raises(ValueError, match="a"):
        loop.pass_time(5)
    loop.pass_time(0)
    assert late == ["a", "b"]


def test_the_first_to_be_late_comes_first():
    _, deadline, _ = build()
    for member in "abc":
        deadline.start(member)
    deadline.start("a")
    assert list(deadline) == ["b", "c", "a"]
