"""Storing: numbers without gaps, nothing twice, and what is refused uses up no number."""

from itertools import pairwise
from random import Random

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from hubbub.counter.models import Change
from hubbub.counter.selectors import counter_read
from hubbub.errors import IdConflictError, OutOfRangeError
from hubbub.journal.commit import commit
from hubbub.journal.entry import Stored
from hubbub.journal.read import extent
from hubbub.journal.store import store
from hubbub.wire.codec import LARGEST
from tests.journal.entries import add, frames, new_room, put, say, texts

pytestmark = pytest.mark.django_db(transaction=True)


def seqs(outcomes):
    return [outcome.seq for outcome in outcomes]


def test_the_events_of_a_stream_are_numbered_from_one():
    room = new_room()
    assert seqs(put([say(room, "a"), say(room, "b")])) == [1, 2]
    assert seqs(put([say(room, "c")])) == [3]
    assert texts(room) == [(1, "a"), (2, "b"), (3, "c")]


def test_every_stream_has_numbers_of_its_own_in_one_batch():
    one, two, three = new_room(), new_room(), new_room()
    entries = [say(two, "a"), add(three, 5), say(one, "b"), say(two, "c"), add(three, 5)]
    assert seqs(put(entries)) == [1, 1, 1, 2, 2]


def test_the_outcomes_lie_in_the_order_of_the_entries():
    rooms = [new_room() for _ in range(4)]
    random = Random(7)
    entries = [say(random.choice(rooms), str(number)) for number in range(100)]
    assert [outcome.entry for outcome in put(entries)] == entries


@pytest.mark.parametrize("seed", [11, 12])
def test_many_batches_of_many_streams_leave_no_gap(seed):
    random = Random(seed)
    rooms, counters = [new_room() for _ in range(5)], [new_room() for _ in range(3)]
    for _ in range(40):
        entries = [
            say(random.choice(rooms), "hello", random.choice(["", f"id{random.randrange(40)}"]))
            if random.random() < 0.6
            else add(random.choice(counters), random.choice([1, -1, LARGEST]))
            for _ in range(random.randrange(1, 30))
        ]
        put(entries)
    for room in rooms:
        stored = [seq for seq, _ in texts(room)]
        assert stored == list(range(1, extent(f"chat:{room}").last_seq + 1)), f"seed {seed}"
    for name in counters:
        changes = list(
            Change.objects.filter(name=name).order_by("seq").values_list("seq", "counter", "value")
        )
        assert [seq for seq, *_ in changes] == list(
            range(1, extent(f"counter:{name}").last_seq + 1)
        ), f"seed {seed}"
        for (_, before, _), (_, after, value) in pairwise([(0, 0, 0), *changes]):
            assert after == before + value, f"seed {seed}"


def test_the_frame_that_is_told_is_the_one_that_is_read_back():
    room = new_room()
    outcomes = put([say(room, "grüße \U0001f98a"), say(room, "b", "id", user_id=7)])
    assert [(outcome.seq, outcome.frame) for outcome in outcomes] == frames(room)


def test_a_stream_keeps_its_epoch():
    room = new_room()
    epochs = {put([say(room, "hello")])[0].epoch for _ in range(3)}
    assert epochs == {extent(f"chat:{room}").epoch}
    assert epochs.isdisjoint({"", put([say(new_room(), "hello")])[0].epoch})


class TestMarks:
    """Each event names the one that it was stored after, so that nobody takes another for it."""

    @pytest.mark.parametrize("entry", [lambda room: say(room, "a"), lambda name: add(name, 1)])
    def test_an_event_names_the_one_before_it_and_has_its_own_in_its_row(self, entry):
        name, told = new_room(), []
        for number in (1, 3, 2):
            told += put([entry(name)] * number)
        stream = told[0].entry.stream
        rows = told[0].entry.table.read(stream, 0, 100)
        assert [(row.seq, row.mark) for row in rows] == [(one.seq, one.mark) for one in told]
        assert [one.before for one in told] == [0, *(one.mark for one in told[:-1])]
        assert extent(stream).mark == told[-1].mark
        assert len({one.mark for one in told}) == 3, "one a commit"

    def test_what_is_stored_already_or_refused_leaves_the_last_mark_as_it_is(self):
        room = new_room()
        (first,) = put([say(room, "a", "id")])
        put([say(room, "a", "id"), say(room, "b", "id")])
        assert extent(f"chat:{room}").mark == first.mark
        again, fresh = put([say(room, "a", "id"), say(room, "c")])
        assert (again.again, fresh.before) == (True, first.mark)
        assert extent(f"chat:{room}") == (2, 1, first.epoch, fresh.mark)


class TestTheSameIdAgain:
    def test_in_a_later_batch_it_gets_the_first_answer_and_is_stored_once(self):
        room = new_room()
        (first,) = put([say(room, "a", "id")])
        (second,) = put([say(room, "a", "id")])
        assert (second.seq, second.timestamp, second.again) == (1, first.timestamp, True)
        assert texts(room) == [(1, "a")]

    def test_in_the_same_batch_it_gets_the_first_answer_and_is_stored_once(self):
        room = new_room()
        first, second, third = put([say(room, "a", "id"), say(room, "a", "id"), say(room, "b")])
        assert (second.seq, second.timestamp, second.again) == (1, first.timestamp, True)
        assert third.seq == 2
        assert texts(room) == [(1, "a"), (2, "b")]

    def test_a_change_sent_twice_in_the_same_batch_is_one_change(self):
        name = new_room()
        first, second, third = put([add(name, 5, "id"), add(name, 5, "id"), add(name, 6, "id")])
        assert (second.seq, second.timestamp, second.again) == (1, first.timestamp, True)
        assert isinstance(third, IdConflictError)

    def test_with_another_text_it_is_a_conflict_and_uses_up_no_number(self):
        room = new_room()
        put([say(room, "a", "id")])
        later = put([say(room, "b", "id"), say(room, "c")])
        assert isinstance(later[0], IdConflictError)
        assert later[1].seq == 2
        within = put([say(room, "d", "x"), say(room, "e", "x"), say(room, "f")])
        assert isinstance(within[1], IdConflictError)
        assert [within[0].seq, within[2].seq] == [3, 4]
        assert texts(room) == [(1, "a"), (2, "c"), (3, "d"), (4, "f")]

    def test_from_another_sender_it_is_another_message(self):
        room = new_room()
        entries = [say(room, "a", "id", user_id=user) for user in (None, 7, 8)]
        assert seqs(put(entries)) == [1, 2, 3]
        assert seqs(put(entries)) == [1, 2, 3]
        assert len(texts(room)) == 3

    def test_in_another_stream_it_is_another_message(self):
        one, two = new_room(), new_room()
        assert seqs(put([say(one, "a", "id"), say(two, "b", "id")])) == [1, 1]

    def test_what_has_no_id_is_stored_each_time(self):
        room = new_room()
        assert seqs(put([say(room, "a"), say(room, "a")])) == [1, 2]

    def test_without_a_look_it_is_an_error_of_the_table(self):
        room = new_room()
        put([say(room, "a", "id")])
        with pytest.raises(IntegrityError), transaction.atomic():
            store(connection, [say(room, "b"), say(room, "a", "id")], look=False)
        assert texts(room) == [(1, "a")]
        with transaction.atomic():
            outcomes = store(connection, [say(room, "b", "x"), say(room, "b", "x")], look=False)
        assert [(outcome.seq, outcome.again) for outcome in outcomes] == [(2, False), (2, True)]

    def test_a_counter_changes_once(self):
        name = new_room()
        put([add(name, 5, "id"), add(name, 5, "id")])
        (again,) = put([add(name, 5, "id")])
        (other,) = put([add(name, 6, "id")])
        assert again.again
        assert isinstance(other, IdConflictError)
        assert counter_read(name=name) == (5, 1)


class TestARefusedChange:
    def test_uses_up_no_number(self):
        name = new_room()
        outcomes = put([add(name, 1), add(name, LARGEST), add(name, 2)])
        assert isinstance(outcomes[1], OutOfRangeError)
        assert [outcomes[0].seq, outcomes[2].seq] == [1, 2]
        assert extent(f"counter:{name}").last_seq == 2
        assert counter_read(name=name) == (3, 2)

    def test_leaves_a_counter_that_nobody_changed_as_it_was(self):
        name = new_room()
        (refused,) = put([add(name, LARGEST + 1)])
        assert isinstance(refused, OutOfRangeError)
        assert counter_read(name=name) == (0, 0)
        assert seqs(put([add(name, 1)])) == [1]

    def test_is_refused_again_under_the_same_id_in_the_same_batch(self):
        name = new_room()
        outcomes = put([add(name, LARGEST + 1, "id"), add(name, LARGEST + 1, "id")])
        assert all(isinstance(outcome, OutOfRangeError) for outcome in outcomes)

    def test_can_be_made_later_under_the_same_id(self):
        name = new_room()
        put([add(name, LARGEST)])
        assert isinstance(put([add(name, 1, "id")])[0], OutOfRangeError)
        put([add(name, -10)])
        assert isinstance(put([add(name, 1, "id")])[0], Stored)


class TestARepeatThatItsLogWouldRefuse:
    """The counter is full by the first one, so that the second looks like one too many."""

    def test_is_answered_as_what_it_is(self):
        name = new_room()
        put([add(name, LARGEST, "once")])
        (again,) = put([add(name, LARGEST, "once")])
        assert (again.seq, again.again) == (1, True)

    def test_is_looked_for_by_the_writer_too(self):
        name = new_room()
        (first,) = commit([add(name, LARGEST, "once")])
        again, other = commit([add(name, LARGEST, "once"), add(name, -1)])
        assert (again.seq, again.timestamp, again.again) == (1, first.timestamp, True)
        assert other.seq == 2
        assert counter_read(name=name) == (LARGEST - 1, 2)


class TestATransactionThatFails:
    def test_uses_up_no_number(self):
        room = new_room()
        put([say(room, "a")])
        with transaction.atomic():
            store(connection, [say(room, "b")])
            transaction.set_rollback(True)
        assert seqs(put([say(room, "c")])) == [2]
        assert texts(room) == [(1, "a"), (2, "c")]

    def test_leaves_nothing_of_a_batch_with_a_row_that_the_table_refuses(self, refusing):
        room = new_room()
        with pytest.raises(DatabaseError):
            put([say(room, "a"), say(room, refusing), say(room, "b")])
        assert texts(room) == []
        assert seqs(put([say(room, "c")])) == [1]
