from hypothesis import given
from hypothesis import strategies as st

from hubbub.presence.roll import Person, Roll


def test_a_user_comes_with_the_first_connection_and_goes_with_the_last():
    roll = Roll()
    assert roll.enter(7, "ada")
    assert not roll.enter(7, "ada")
    assert (roll.count, roll.connections) == (1, 2)
    assert not roll.leave(7)
    assert roll.leave(7)
    assert (roll.count, roll.connections) == (0, 0)


def test_every_anonymous_connection_is_somebody():
    roll = Roll()
    assert roll.enter(None, "Anonymous")
    assert roll.enter(None, "Anonymous")
    assert roll.count == 2
    assert roll.leave(None)
    assert roll.count == 1


def test_people_are_listed_by_name_and_the_nameless_once_at_the_end():
    roll = Roll()
    for user_id, name in ((2, "bob"), (1, "ada"), (2, "bob"), (None, "Anonymous"), (None, "")):
        roll.enter(user_id, name)
    assert roll.people() == [Person("ada", 1), Person("bob", 2), Person("Anonymous", 2)]


def test_nobody_is_listed_where_nobody_is():
    assert Roll().people() == []


def test_a_user_is_listed_under_the_name_given_last():
    roll = Roll()
    roll.enter(1, "ada")
    roll.enter(1, "Ada L.")
    assert roll.people() == [Person("Ada L.", 2)]


@given(st.lists(st.sampled_from([None, 1, 2, 3])))
def test_whoever_comes_and_goes_leaves_nothing_behind(ids):
    roll = Roll()
    came = sum(roll.enter(user_id, str(user_id)) for user_id in ids)
    assert came == roll.count
    assert roll.connections == len(ids)
    gone = sum(roll.leave(user_id) for user_id in ids)
    assert gone == came
    assert (roll.count, roll.connections, roll.people()) == (0, 0, [])
