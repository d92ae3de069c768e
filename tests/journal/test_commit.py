"""A transaction that the database ended to free others is tried once more, whatever database.

And of what cannot be stored alone, whose fault it is.
"""

import pytest
from django.db import (
    InterfaceError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connection,
)

from hubbub.errors import InvalidFormatError, OverloadedError
from hubbub.journal import commit as commits
from hubbub.journal.commit import commit, commit_apart
from tests.journal.entries import texts, write
from tests.names import new_name

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


def test_after_one_deadlock_all_is_stored(failing):
    pad = new_name()
    failing("40P01")
    assert [outcome.seq for outcome in commit([write(pad, "a"), write(pad, "b")])] == [1, 2]
    assert texts(pad) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_a_session_that_had_ended_before_anything_was_said_in_it_is_begun_anew(monkeypatch, kind):
    """Whatever ended it: the database itself, a pooler, a firewall between."""
    pad, errors, be_patient = new_name(), [kind("it closed the connection")], commits.be_patient

    def lost_at_first(connection):
        if errors:
            raise errors.pop()
        be_patient(connection)

    monkeypatch.setattr(commits, "be_patient", lost_at_first)
    assert [outcome.seq for outcome in commit([write(pad, "a")])] == [1]
    assert texts(pad) == [(1, "a")]


def test_one_that_is_lost_twice_is_of_a_database_that_is_away(monkeypatch):
    def lost(connection):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(commits, "be_patient", lost)
    assert [type(outcome) for outcome in commit([write(new_name(), "a")])] == [OverloadedError]


@pytest.mark.parametrize("states", [("40P01", "40P01"), ("55P03",)])
def test_after_two_or_another_trouble_nothing_is_and_all_may_be_sent_again(failing, states):
    pad = new_name()
    left = failing(*states)
    outcomes = commit([write(pad, "a"), write(pad, "b")])
    assert [type(outcome) for outcome in outcomes] == [OverloadedError, OverloadedError]
    assert (left, texts(pad)) == ([], [])


def take_number(pad, seq):
    """Have a number taken that the stream does not know of, as in a table that somebody mended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO toy_line (name, seq, text, sender, timestamp, created, struck)"
            " VALUES (%s, %s, '', '', '', '2026-11-26', %s)",
            [pad, seq, False],
        )


def test_a_fault_of_our_tables_is_never_told_as_the_clients(caplog):
    broken, whole = new_name(), new_name()
    take_number(broken, 1)
    outcomes = commit_apart([write(broken, "a"), write(whole, "b")])
    assert type(outcomes[0]) is OverloadedError
    assert texts(whole) == [(1, "b")]
    assert "storing_failed reason=IntegrityError" in caplog.text


@pytest.mark.parametrize("error", [ProgrammingError, NotSupportedError, RuntimeError])
def test_nor_is_a_fault_of_our_sql(monkeypatch, caplog, error):
    def fail(*_, **__):
        raise error("near SELECT")

    monkeypatch.setattr(commits, "commit_once", fail)
    [outcome] = commit_apart([write(new_name(), "a")])
    assert type(outcome) is OverloadedError
    assert f"storing_failed reason={error.__name__}" in caplog.text


def test_what_a_check_of_the_table_does_not_take_is(refusing):
    [outcome] = commit_apart([write(new_name(), refusing)])
    assert type(outcome) is InvalidFormatError
