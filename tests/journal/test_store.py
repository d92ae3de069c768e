"""Storing: numbers without gaps, nothing twice, and what is refused uses up no number."""

from itertools import pairwise
from random import Random

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from hubbub.errors import IdConflictError, OutOfRangeError
from hubbub.journal.commit import commit
from hubbub.journal.entry import Stored
from hubbub.journal.read import extent
from hubbub.journal.store import store
from tests.journal.entries import add, frames, move, put, texts, total, write
from tests.names import new_name
from tests.toys.purses import ROOM, Payment

pytestmark = pytest.mark.django_db(transaction=True)


def seqs(outcomes):
    return [outcome.seq for outcome in outcomes]


def test_the_events_of_a_stream_are_numbered_from_one():
    pad = new_name()
    assert seqs(put([write(pad, "a"), write(pad, "b")])) == [1, 2]
    assert seqs(put([write(pad, "c")])) == [3]
    assert texts(pad) == [(1, "a"), (2, "b"), (3, "c")]


def test_every_stream_has_numbers_of_its_own_in_one_batch():
    one, two, three = new_name(), new_name(), new_name()
    entries = [write(two, "a"), add(three, 5), write(one, "b"), write(two, "c"), add(three, 5)]
    assert seqs(put(entries)) == [1, 1, 1, 2, 2]


def test_the_outcomes_lie_in_the_order_of_the_entries():
    pads = [new_name() for _ in range(4)]
    random = Random(7)
    entries = [write(random.choice(pads), str(number)) for number in range(100)]
    assert [outcome.entry for outcome in put(entries)] == entries


@pytest.mark.parametrize("seed", [11, 12])
def test_many_batches_of_many_streams_leave_no_gap(seed):
    random = Random(seed)
    pads, purses = [new_name() for _ in range(5)], [new_name() for _ in range(3)]
    for _ in range(40):
        entries = [
            write(random.choice(pads), "hello", random.choice(["", f"id{random.randrange(40)}"]))
            if random.random() < 0.6
            else add(random.choice(purses), random.choice([1, -1, ROOM]))
            for _ in range(random.randrange(1, 30))
        ]
        put(entries)
    for pad in pads:
        stored = [seq for seq, _ in texts(pad)]
        assert stored == list(range(1, extent(f"pad:{pad}").last_seq + 1)), f"seed {seed}"
    for purse in purses:
        rows = Payment.objects.filter(name=purse).order_by("seq")
        payments = list(rows.values_list("seq", "total", "amount"))
        upto = extent(f"purse:{purse}").last_seq
        assert [seq for seq, *_ in payments] == list(range(1, upto + 1)), f"seed {seed}"
        for (_, before, _), (_, after, amount) in pairwise([(0, 0, 0), *payments]):
            assert after == before + amount, f"seed {seed}"


@pytest.mark.parametrize("entry", [write, move])
def test_the_frame_that_is_told_is_the_one_that_is_read_back(entry):
    name = new_name()
    outcomes = put([entry(name, "grüße \U0001f98a"), entry(name, "b", "id", user_id=7)])
    told = [(outcome.seq, outcome.frame) for outcome in outcomes]
    assert told == frames(outcomes[0].entry.stream)


def test_a_stream_keeps_its_epoch():
    pad = new_name()
    epochs = {put([write(pad, "hello")])[0].epoch for _ in range(3)}
    assert epochs == {extent(f"pad:{pad}").epoch}
    assert epochs.isdisjoint({"", put([write(new_name(), "hello")])[0].epoch})


class TestMarks:
    """Each event names the one that it was stored after, so that nobody takes another for it."""

    @pytest.mark.parametrize(("entry", "what"), [(write, "a"), (add, 1), (move, "a")])
    def test_an_event_names_the_one_before_it_and_has_its_own_in_its_row(self, entry, what):
        name, told = new_name(), []
        for number in (1, 3, 2):
            told += put([entry(name, what) for _ in range(number)])
        stream = told[0].entry.stream
        rows = told[0].entry.table.read(stream, 0, 100)
        assert [(row.seq, row.mark) for row in rows] == [(one.seq, one.mark) for one in told]
        assert [one.before for one in told] == [0, *(one.mark for one in told[:-1])]
        assert extent(stream).mark == told[-1].mark
        assert len({one.mark for one in told}) == 3, "one a commit"

    def test_what_is_stored_already_or_refused_leaves_the_last_mark_as_it_is(self):
        pad = new_name()
        (first,) = put([write(pad, "a", "id")])
        put([write(pad, "a", "id"), write(pad, "b", "id")])
        assert extent(f"pad:{pad}").mark == first.mark
        again, fresh = put([write(pad, "a", "id"), write(pad, "c")])
        assert (again.again, fresh.before) == (True, first.mark)
        assert extent(f"pad:{pad}") == (2, 1, first.epoch, fresh.mark)


class TestTheSameIdAgain:
    def test_in_a_later_batch_it_gets_the_first_answer_and_is_stored_once(self):
        pad = new_name()
        (first,) = put([write(pad, "a", "id")])
        (second,) = put([write(pad, "a", "id")])
        assert (second.seq, second.timestamp, second.again) == (1, first.timestamp, True)
        assert texts(pad) == [(1, "a")]

    def test_in_the_same_batch_it_gets_the_first_answer_and_is_stored_once(self):
        pad = new_name()
        first, second, third = put([write(pad, "a", "id"), write(pad, "a", "id"), write(pad, "b")])
        assert (second.seq, second.timestamp, second.again) == (1, first.timestamp, True)
        assert third.seq == 2
        assert texts(pad) == [(1, "a"), (2, "b")]

    def test_a_payment_sent_twice_in_the_same_batch_is_one_payment(self):
        purse = new_name()
        first, second, third = put([add(purse, 5, "id"), add(purse, 5, "id"), add(purse, 6, "id")])
        assert (second.seq, second.timestamp, second.again) == (1, first.timestamp, True)
        assert isinstance(third, IdConflictError)

    def test_with_another_text_it_is_a_conflict_and_uses_up_no_number(self):
        pad = new_name()
        put([write(pad, "a", "id")])
        later = put([write(pad, "b", "id"), write(pad, "c")])
        assert isinstance(later[0], IdConflictError)
        assert later[1].seq == 2
        within = put([write(pad, "d", "x"), write(pad, "e", "x"), write(pad, "f")])
        assert isinstance(within[1], IdConflictError)
        assert [within[0].seq, within[2].seq] == [3, 4]
        assert texts(pad) == [(1, "a"), (2, "c"), (3, "d"), (4, "f")]

    def test_from_another_sender_it_is_another_message(self):
        pad = new_name()
        entries = [write(pad, "a", "id", user_id=user) for user in (None, 7, 8)]
        assert seqs(put(entries)) == [1, 2, 3]
        assert seqs(put(entries)) == [1, 2, 3]
        assert len(texts(pad)) == 3

    def test_in_another_stream_it_is_another_message(self):
        one, two = new_name(), new_name()
        assert seqs(put([write(one, "a", "id"), write(two, "b", "id")])) == [1, 1]

    def test_what_has_no_id_is_stored_each_time(self):
        pad = new_name()
        assert seqs(put([write(pad, "a"), write(pad, "a")])) == [1, 2]

    def test_without_a_look_it_is_an_error_of_the_table(self):
        pad = new_name()
        put([write(pad, "a", "id")])
        with pytest.raises(IntegrityError), transaction.atomic():
            store(connection, [write(pad, "b"), write(pad, "a", "id")], look=False)
        assert texts(pad) == [(1, "a")]
        with transaction.atomic():
            outcomes = store(connection, [write(pad, "b", "x"), write(pad, "b", "x")], look=False)
        assert [(outcome.seq, outcome.again) for outcome in outcomes] == [(2, False), (2, True)]

    def test_a_payment_is_made_once(self):
        purse = new_name()
        put([add(purse, 5, "id"), add(purse, 5, "id")])
        (again,) = put([add(purse, 5, "id")])
        (other,) = put([add(purse, 6, "id")])
        assert again.again
        assert isinstance(other, IdConflictError)
        assert total(purse) == (5, 1)


class TestARefusedPayment:
    def test_uses_up_no_number(self):
        purse = new_name()
        outcomes = put([add(purse, 1), add(purse, ROOM), add(purse, 2)])
        assert isinstance(outcomes[1], OutOfRangeError)
        assert [outcomes[0].seq, outcomes[2].seq] == [1, 2]
        assert extent(f"purse:{purse}").last_seq == 2
        assert total(purse) == (3, 2)

    def test_leaves_a_purse_that_is_empty_as_it_was(self):
        purse = new_name()
        (refused,) = put([add(purse, ROOM + 1)])
        assert isinstance(refused, OutOfRangeError)
        assert total(purse) == (0, 0)
        assert seqs(put([add(purse, 1)])) == [1]

    def test_is_refused_again_under_the_same_id_in_the_same_batch(self):
        purse = new_name()
        outcomes = put([add(purse, ROOM + 1, "id"), add(purse, ROOM + 1, "id")])
        assert all(isinstance(outcome, OutOfRangeError) for outcome in outcomes)

    def test_can_be_made_later_under_the_same_id(self):
        purse = new_name()
        put([add(purse, ROOM)])
        assert isinstance(put([add(purse, 1, "id")])[0], OutOfRangeError)
        put([add(purse, -10)])
        assert isinstance(put([add(purse, 1, "id")])[0], Stored)


class TestARepeatThatItsLogWouldRefuse:
    """The purse is full by the first one, so that the second looks like one too many."""

    def test_is_answered_as_what_it_is(self):
        purse = new_name()
        put([add(purse, ROOM, "once")])
        (again,) = put([add(purse, ROOM, "once")])
        assert (again.seq, again.again) == (1, True)

    def test_is_looked_for_by_the_writer_too(self):
        purse = new_name()
        (first,) = commit([add(purse, ROOM, "once")])
        again, other = commit([add(purse, ROOM, "once"), add(purse, -1)])
        assert (again.seq, again.timestamp, again.again) == (1, first.timestamp, True)
        assert other.seq == 2
        assert total(purse) == (ROOM - 1, 2)


class TestATransactionThatFails:
    def test_uses_up_no_number(self):
        pad = new_name()
        put([write(pad, "a")])
        with transaction.atomic():
            store(connection, [write(pad, "b")])
            transaction.set_rollback(True)
        assert seqs(put([write(pad, "c")])) == [2]
        assert texts(pad) == [(1, "a"), (2, "c")]

    def test_leaves_nothing_of_a_batch_with_a_row_that_the_table_refuses(self, refusing):
        pad = new_name()
        with pytest.raises(DatabaseError):
            put([write(pad, "a"), write(pad, refusing), write(pad, "b")])
        assert texts(pad) == []
        assert seqs(put([write(pad, "c")])) == [1]
