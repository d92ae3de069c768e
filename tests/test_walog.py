"""The log beside an SQLite file is deleted, replaced or cut off under an open connection."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from django.db.backends.sqlite3.base import DatabaseWrapper

from hubbub import walog
from hubbub.walog import keep_log

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a.sqlite3"


@pytest.fixture
def opened(file, settings):
    """A connection whose log holds something, and was looked at."""
    options = {"OPTIONS": {"init_command": "PRAGMA journal_mode=WAL"}}
    default = settings.DATABASES["default"]
    wrapper = DatabaseWrapper({**default, "NAME": str(file), **options}, "other")
    store(wrapper, "CREATE TABLE t (n)")
    store(wrapper, "INSERT INTO t VALUES (1)")
    keep_log(wrapper)
    yield wrapper
    wrapper.close()


def store(wrapper, statement):
    with wrapper.cursor() as cursor:
        cursor.execute(statement)


def found_by_another(file):
    """What another process finds that opens the file."""
    code = (
        "import sqlite3, sys; [print(n) for (n,) in sqlite3.connect(sys.argv[1]).execute"
        "('SELECT n FROM t ORDER BY n')]"
    )
    command = [sys.executable, "-c", code, str(file)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return [int(line) for line in done.stdout.split()]


def beside(file, end):
    return file.with_name(file.name + end)


def delete(file):
    beside(file, "-wal").unlink()


def delete_both(file):
    beside(file, "-wal").unlink()
    beside(file, "-shm").unlink()


def move(file):
    beside(file, "-wal").rename(beside(file, ".moved"))


def replace(file):
    beside(file, ".new").write_bytes(b"")
    beside(file, ".new").rename(beside(file, "-wal"))


@pytest.mark.parametrize("lose", [delete, delete_both, move, replace])
def test_what_was_and_what_is_stored_meanwhile_is_saved(opened, file, lose, caplog):
    lose(file)
    store(opened, "INSERT INTO t VALUES (2)")
    keep_log(opened)
    assert "database_log_gone reason=saved" in caplog.messages
    assert found_by_another(file) == [1, 2]
    store(opened, "INSERT INTO t VALUES (3)")
    assert found_by_another(file) == [1, 2, 3]
    keep_log(opened)
    keep_log(opened)
    assert len(caplog.messages) == 1


def test_what_is_deleted_while_it_is_looked_at_is_noticed_at_the_next_look(
    opened, file, monkeypatch, caplog
):
    look = walog.beside

    def look_and_lose(path):
        seen = look(path)
        delete_both(file)
        monkeypatch.setattr(walog, "beside", look)
        return seen

    monkeypatch.setattr(walog, "beside", look_and_lose)
    keep_log(opened)
    assert not caplog.messages
    keep_log(opened)
    assert caplog.messages == ["database_log_gone reason=saved"]
    assert found_by_another(file) == [1]


def test_other_connections_are_closed_by_their_own_threads(opened, file, settings):
    other = DatabaseWrapper(opened.settings_dict, "another")
    store(other, "SELECT * FROM t")
    delete(file)
    keep_log(opened)
    assert other.connection is not None
    other.close_if_unusable_or_obsolete()
    assert other.connection is None
    store(other, "INSERT INTO t VALUES (2)")
    assert found_by_another(file) == [1, 2]
    other.close()


def test_while_somebody_reads_it_is_tried_again(opened, file, caplog):
    store(opened, "PRAGMA busy_timeout = 10")
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchall()
        delete(file)
        store(opened, "INSERT INTO t VALUES (2)")
        keep_log(opened)
        assert caplog.messages == ['database_log_gone reason="in use"']
        reader.execute("ROLLBACK")
    keep_log(opened)
    assert found_by_another(file) == [1, 2]


def test_what_was_cut_off_is_lost_and_said(opened, file, caplog):
    beside(file, "-wal").write_bytes(b"")
    keep_log(opened)
    assert caplog.messages[0].startswith("database_log_gone reason=lost error=")
    assert opened.connection is None
    store(opened, "CREATE TABLE IF NOT EXISTS t (n)")


def test_a_log_that_was_emptied_in_order_is_no_news(opened, file, caplog):
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert beside(file, "-wal").stat().st_size == 0
    keep_log(opened)
    assert opened.connection is not None
    assert caplog.messages == []


def test_a_file_that_is_lost_itself_is_not_saved_to(opened, file, caplog):
    delete(file)
    file.unlink()
    keep_log(opened)
    assert caplog.messages == []
    assert not file.exists()


def test_without_a_log_there_is_nothing_to_do(opened, file, caplog):
    store(opened, "PRAGMA journal_mode = DELETE")
    opened.close()
    opened.settings_dict["OPTIONS"] = {}
    opened.ensure_connection()
    for number in (2, 3):
        store(opened, f"INSERT INTO t VALUES ({number})")
        keep_log(opened)
    assert opened.connection is not None
    assert caplog.messages == []
