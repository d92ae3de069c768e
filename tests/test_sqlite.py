"""A connection whose file is at its path no more."""

import sqlite3

import pytest
from django.db import OperationalError
from django.db.backends.sqlite3.base import DatabaseWrapper

from hubbub.sqlite import check_file, is_lost

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.sqlite3"
    make(path)
    return path


def make(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (n)")
        database.executemany("INSERT INTO t VALUES (?)", [("x" * 100,)] * 500)


@pytest.fixture
def opened(file, settings):
    default = settings.DATABASES["default"]
    wrapper = DatabaseWrapper({**default, "NAME": str(file), "OPTIONS": {}}, "other")
    wrapper.ensure_connection()
    yield wrapper
    wrapper.close()


def test_a_file_that_is_where_it_was_is_not_lost(opened, file):
    assert not is_lost(opened)
    with sqlite3.connect(file) as database:
        database.executemany("INSERT INTO t VALUES (?)", [("y" * 100,)] * 500)
    assert not is_lost(opened)


def deleted(file):
    file.unlink()


def moved(file):
    file.rename(file.with_suffix(".old"))


def replaced(file):
    other = file.with_suffix(".new")
    make(other)
    other.rename(file)


def emptied(file):
    file.write_bytes(b"")


def shortened(file):
    file.write_bytes(file.read_bytes()[:8192])


@pytest.mark.parametrize("what", [deleted, moved, replaced, emptied, shortened])
def test_what_was_done_to_it_is_noticed(opened, file, what):
    what(file)
    assert is_lost(opened)


def test_how_far_it_had_grown_is_remembered(opened, file):
    size = file.stat().st_size
    with sqlite3.connect(file) as database:
        database.executemany("INSERT INTO t VALUES (?)", [("y" * 100,)] * 500)
    assert not is_lost(opened)
    file.write_bytes(file.read_bytes()[:size])
    assert is_lost(opened)


def test_a_lost_one_is_closed_and_the_new_one_opened(opened, file):
    replaced(file)
    check_file(opened)
    assert opened.connection is None
    opened.ensure_connection()
    assert not is_lost(opened)


def test_where_there_is_no_file_none_is_begun(opened, file):
    deleted(file)
    with pytest.raises(OperationalError):
        check_file(opened)
    assert not file.exists()


def test_a_database_in_memory_is_never_lost(settings):
    wrapper = DatabaseWrapper({**settings.DATABASES["default"], "NAME": ":memory:"}, "memory")
    wrapper.ensure_connection()
    check_file(wrapper)
    assert not is_lost(wrapper)
    wrapper.close()
