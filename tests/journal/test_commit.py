"""A transaction that the database ended to free others is tried once more, whatever database."""

import pytest
from django.db import OperationalError

from hubbub.errors import OverloadedError
from hubbub.journal import commit as commits
from hubbub.journal.commit import commit
from tests.journal.entries import new_room, say, texts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def failing(monkeypatch):
    """Have the next transactions fail, each with such an SQLSTATE."""

    def fail(*states):
        left, commit_once = list(states), commits.commit_once

        def fail_or_commit(entries, *, look):
            if not left:
                return commit_once(entries, look=look)
            cause = Exception()
            cause.sqlstate = left.pop(0)
            raise OperationalError("ended") from cause

        monkeypatch.setattr(commits, "commit_once", fail_or_commit)
        return left

    return fail


@pytest.mark.parametrize("state", ["40P01", "57P05"])
def test_after_one_deadlock_or_the_end_of_an_idle_session_all_is_stored(failing, state):
    room = new_room()
    failing(state)
    assert [outcome.seq for outcome in commit([say(room, "a"), say(room, "b")])] == [1, 2]
    assert texts(room) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize("states", [("40P01", "40P01"), ("55P03",)])
def test_after_two_or_another_trouble_nothing_is_and_all_may_be_sent_again(failing, states):
    room = new_room()
    left = failing(*states)
    outcomes = commit([say(room, "a"), say(room, "b")])
    assert [type(outcome) for outcome in outcomes] == [OverloadedError, OverloadedError]
    assert (left, texts(room)) == ([], [])
