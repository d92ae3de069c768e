"""SQLite's bell: it is looked at, and moves for what other connections have committed."""

import pytest
from django.db import connection

from hubbub.bus import version
from hubbub.bus.version import DataVersion, read_version
from hubbub.journal.tune import open_kept
from tests.bus.ears import Ear
from tests.bus.elsewhere import elsewhere, post, roll_back

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's own way"),
]


@pytest.fixture
def ear():
    return Ear()


@pytest.fixture
def bell(monkeypatch, ear):
    monkeypatch.setattr(version, "EVERY", 0.0)
    made = DataVersion(open_kept)
    made.listen(ear)
    return made


def test_the_version_moves_for_other_connections_commits_only():
    before = read_version(connection)
    post()
    assert read_version(connection) == before
    elsewhere(post)
    assert read_version(connection) != before


def test_it_wakes_once_at_the_beginning_since_somebody_may_have_written_before(bell, ear):
    for _ in range(3):
        bell.look()
    assert ear.woken == 1


def test_another_connections_commit_wakes(bell, ear):
    bell.look()
    elsewhere(post)
    bell.look()
    assert ear.woken == 2


def test_what_was_not_committed_wakes_nobody(bell, ear):
    bell.look()
    elsewhere(roll_back)
    bell.look()
    assert ear.woken == 1


def test_ones_own_commit_wakes_nobody(bell, ear):
    bell.look()
    post()
    bell.look()
    assert ear.woken == 1


def test_what_is_written_while_the_connection_is_closed_is_noticed(bell, ear):
    bell.look()
    connection.close()
    elsewhere(post)
    bell.look()
    assert ear.woken == 2


def test_looking_too_often_costs_nothing(monkeypatch, bell):
    bell.look()
    monkeypatch.setattr(version, "EVERY", 60.0)
    monkeypatch.setattr(version, "read_version", lambda _: pytest.fail("asked again"))
    bell.look()
