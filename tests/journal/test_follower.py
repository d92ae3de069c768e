"""A follower: whatever order events come in, what is told is gapless, in order and once."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hubbub.bus.base import Event
from hubbub.journal.entry import Row
from hubbub.journal.follower import HELD, Follower, Tip, Turn
from hubbub.journal.read import Extent


def event(seq: int, mark: int = 0, before: int = 0) -> Event:
    return Event("pad:a", "k3f9", seq, f"event {seq}".encode(), mark, before)


def offer(follower: Follower, *seqs: int) -> list[int]:
    """What is told when these come."""
    return [told for seq in seqs for told in told_of(follower.offer(event(seq)))]


def told_of(turn: Turn) -> list[int]:
    return [told.seq for told in turn]


def at(seq: int) -> Follower:
    """A follower that has told everything up to `seq`."""
    follower = Follower()
    assert follower.settle(seq, "k3f9") == []
    return follower


def test_the_next_event_is_told_at_once():
    assert offer(at(0), 1, 2, 3) == [1, 2, 3]


def test_a_repeated_event_is_told_once():
    assert offer(at(5), 6, 6, 5, 6, 1, 7) == [6, 7]


def test_an_event_that_comes_too_early_waits_for_those_before_it():
    follower = at(5)
    assert offer(follower, 7, 8) == []
    assert follower.behind
    assert offer(follower, 6) == [6, 7, 8]
    assert not follower.behind


def test_an_event_that_waits_is_told_once_though_it_came_twice():
    assert offer(at(5), 7, 7, 6, 7) == [6, 7]


def test_nothing_is_told_before_the_place_in_the_table_is_known():
    follower = Follower()
    assert offer(follower, 6, 7) == []
    assert not follower.behind
    assert told_of(follower.settle(5, "k3f9")) == [6, 7]
    assert (follower.told, follower.epoch) == (7, "k3f9")


def test_what_came_before_the_table_was_read_and_is_in_it_passes_for_told():
    follower = Follower()
    offer(follower, 6, 9, 10)
    assert told_of(follower.settle(8, "k3f9")) == [9, 10]
    assert not follower.behind


def test_what_came_after_the_table_was_read_waits_for_what_it_had_not():
    follower = Follower()
    offer(follower, 8)
    assert follower.settle(6, "k3f9") == []
    assert follower.behind, "7 is missing, and its doorbell may be lost"
    assert offer(follower, 7) == [7, 8]


def test_it_knows_what_exists_though_no_doorbell_told_of_it():
    follower = at(5)
    follower.newest = 7
    assert follower.behind
    assert offer(follower, 6, 7) == [6, 7]
    assert not follower.behind


def test_what_waits_is_bounded_and_the_table_has_the_rest():
    follower = at(0)
    assert offer(follower, *range(2, HELD + 100)) == []
    assert offer(follower, 1) == list(range(1, HELD + 2))
    assert follower.behind
    assert follower.newest == HELD + 99
    assert offer(follower, *range(HELD + 2, HELD + 100)) == list(range(HELD + 2, HELD + 100))


def test_what_was_told_long_ago_takes_no_room_from_what_waits():
    follower = at(HELD)
    assert offer(follower, *range(1, HELD + 1)) == []
    assert offer(follower, HELD + 2, HELD + 1) == [HELD + 1, HELD + 2]


def test_what_was_pruned_is_given_up_and_what_follows_is_told():
    follower = at(5)
    offer(follower, 7, 10)
    assert told_of(follower.skip(9)) == [10]
    assert offer(follower, 8, 9, 11) == [11]


def test_giving_up_what_was_told_already_changes_nothing():
    follower = at(5)
    assert follower.skip(3) == []
    assert offer(follower, 4, 5, 6) == [6]


def test_what_is_held_of_another_numbering_than_the_tables_is_forgotten():
    follower = Follower()
    follower.epoch = "old"
    offer(follower, 41)
    assert follower.settle(2, "k3f9") == []
    assert (follower.told, follower.newest, follower.epoch) == (2, 2, "k3f9")
    assert offer(follower, 3) == [3]


def test_only_what_is_of_its_numbering_and_was_not_told_is_expected():
    follower = Follower()
    assert follower.expects("k3f9", 1), "nobody knows the place yet"
    follower.settle(5, "k3f9")
    assert follower.expects("k3f9", 6)
    assert not follower.expects("k3f9", 5)
    assert not follower.expects("p0aa", 6)


def test_what_was_not_stored_after_what_was_told_is_not_told_and_casts_doubt():
    follower = Follower()
    follower.settle(5, "k3f9", 500)
    assert follower.offer(event(6, 601, 501)) == []
    assert (follower.told, follower.newest, follower.behind) == (5, 5, True)
    follower.doubted = False
    assert told_of(follower.offer(event(6, 600, 500))) == [6]
    assert (follower.mark, follower.behind) == (600, False)


def test_what_waited_is_not_told_after_another_than_it_was_stored_after():
    follower = Follower()
    follower.settle(5, "k3f9", 500)
    follower.offer(event(7, 700, 601))
    assert told_of(follower.offer(event(6, 600, 500))) == [6]
    assert (follower.told, follower.doubted) == (6, True)


def test_something_else_under_the_last_number_casts_doubt():
    follower = Follower()
    follower.settle(5, "k3f9", 500)
    follower.offer(event(5, 500, 400))
    assert not follower.doubted
    follower.offer(event(5, 501, 400))
    assert follower.doubted


def test_the_table_lacks_what_was_told_where_it_ends_before_it_or_with_something_else():
    tip = Tip(5, 500, doubted=False)
    assert tip.is_gone(Extent(4, 1, "k3f9", 400))
    assert tip.is_gone(Extent(5, 1, "k3f9", 501))
    assert not tip.is_gone(Extent(5, 1, "k3f9", 500))
    assert not tip.is_gone(Extent(5, 1, "k3f9", 0)), "nobody knows"
    assert not tip.is_gone(Extent(6, 1, "k3f9", 600))


def test_rows_deny_what_was_told_where_they_have_something_else_there():
    five, six = Row(5, b"", 500), Row(6, b"", 600)
    assert not Tip(5, 500, doubted=True).is_denied([five, six])
    assert Tip(5, 501, doubted=False).is_denied([five, six])
    assert not Tip(5, 501, doubted=False).is_denied([six]), "it may have been pruned"
    assert Tip(5, 501, doubted=True).is_denied([six])


#: `store` n events; `ring` one of those stored (by its place from the end); `look` where the table
#: stands; `settle` with what the last look saw; `read` what is missing from the table.
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("store"), st.integers(1, 3)),
        st.tuples(st.just("ring"), st.integers(0, 8)),
        st.tuples(st.just("look"), st.just(0)),
        st.tuples(st.just("settle"), st.just(0)),
        st.tuples(st.just("read"), st.just(0)),
    ),
    max_size=60,
)


@given(before=st.integers(0, 3), operations=OPERATIONS)
def test_any_order_of_doorbells_repeats_losses_and_looks_tells_each_event_once_in_order(
    before, operations
):
    follower, told, stored, seen = Follower(), [], before, before
    for operation, number in operations:
        if operation == "store":
            stored += number
        elif operation == "ring" and stored > number:
            told += offer(follower, stored - number)
        elif operation == "look":
            seen = stored
        elif operation == "settle" and follower.told is None:
            told += told_of(follower.settle(seen, "k3f9"))
        elif operation == "read" and follower.behind:
            told += offer(follower, *range(follower.told + 1, follower.newest + 1))
            assert not follower.behind
    if follower.told is None:
        assert told == []
        told += told_of(follower.settle(seen, "k3f9"))
    told += offer(follower, *range(follower.told + 1, stored + 1))
    assert all(later == earlier + 1 for earlier, later in pairwise(told))
    assert follower.told == stored, "all that is stored has been told"
    assert not told or told[-1] == stored
