"""What changes make of a counter, in the order in which they are stored."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from django.db import transaction
from django.utils import timezone

from hubbub.counter.models import Change
from hubbub.counter.selectors import counter_read
from hubbub.counter.services import change, change_entry
from hubbub.errors import IdConflictError, OutOfRangeError
from hubbub.journal.commit import commit
from hubbub.journal.prune import Pruned, Rule, prune, setting_rules
from hubbub.journal.read import extent
from hubbub.wire.codec import LARGEST
from tests.journal.entries import frames, put
from tests.names import new_name

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def name():
    return new_name()


def add(name, value, request_id=""):
    """That a counter goes up."""
    return change_entry(action="increment", value=value, name=name, request_id=request_id)


@pytest.mark.parametrize("seed", [11, 12])
def test_each_change_begins_where_the_one_before_it_ended(seed):
    random, names = Random(seed), [new_name() for _ in range(3)]
    for _ in range(30):
        values = [random.choice([1, -1, LARGEST]) for _ in range(random.randrange(1, 20))]
        put([add(random.choice(names), value) for value in values])
    for name in names:
        rows = Change.objects.filter(name=name).order_by("seq")
        changes = list(rows.values_list("seq", "counter", "value"))
        upto = extent(f"counter:{name}").last_seq
        assert [seq for seq, *_ in changes] == list(range(1, upto + 1)), f"seed {seed}"
        for (_, before, _), (_, after, value) in pairwise([(0, 0, 0), *changes]):
            assert after == before + value, f"seed {seed}"
        assert counter_read(name=name) == (changes[-1][1], upto)


def test_what_is_told_is_what_is_read_back(name):
    told = put([add(name, 5), add(name, 7, "id")])
    assert [(one.seq, one.frame) for one in told] == frames(f"counter:{name}")


def test_a_change_sent_twice_is_one_change_and_another_under_its_id_is_a_conflict(name):
    first, second, third = put([add(name, 5, "id"), add(name, 5, "id"), add(name, 6, "id")])
    assert (second.seq, second.timestamp, second.again) == (1, first.timestamp, True)
    assert isinstance(third, IdConflictError)
    (again,) = put([add(name, 5, "id")])
    assert again.again
    assert counter_read(name=name) == (5, 1)


def test_what_is_out_of_range_uses_up_no_number(name):
    outcomes = put([add(name, 1), add(name, LARGEST), add(name, 2)])
    assert isinstance(outcomes[1], OutOfRangeError)
    assert [outcomes[0].seq, outcomes[2].seq] == [1, 2]
    assert counter_read(name=name) == (3, 2)


def test_what_is_out_of_range_leaves_a_counter_that_nobody_changed_as_it_was(name):
    (refused,) = put([add(name, LARGEST + 1)])
    assert isinstance(refused, OutOfRangeError)
    assert counter_read(name=name) == (0, 0)
    assert put([add(name, 1)])[0].seq == 1


def test_a_repeat_that_would_be_out_of_range_is_answered_as_what_it_is(name):
    (first,) = commit([add(name, LARGEST, "once")])
    again, other = commit([add(name, LARGEST, "once"), add(name, -1)])
    assert (again.seq, again.timestamp, again.again) == (1, first.timestamp, True)
    assert other.seq == 2
    assert counter_read(name=name) == (LARGEST - 1, 2)


def test_rolled_back_it_stands_where_it_stood(name):
    with transaction.atomic():
        change(action="increment", name=name, value=5)
        transaction.set_rollback(True)
    assert counter_read(name=name) == (0, 0)
    assert change(action="increment", name=name, value=5).seq == 1


def test_it_keeps_its_value_when_its_changes_are_pruned(name, settings):
    for _ in range(5):
        change(action="increment", name=name, value=2)
    now = timezone.now()
    Change.objects.filter(name=name, seq__lte=4).update(created=now - timedelta(days=9))
    assert prune({"counter": Rule(before=now - timedelta(days=5))}) == [Pruned("counter", 4, 1)]
    assert counter_read(name=name) == (10, 5)
    assert change(action="decrement", name=name).seq == 6
    settings.HUBBUB_COUNTER_KEEP_CHANGES = 1
    assert prune(setting_rules(now)) == [Pruned("counter", 1, 1)]
    assert counter_read(name=name) == (9, 6)
