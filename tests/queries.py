"""What is asked of the database, by whichever thread."""

from __future__ import annotations

from contextlib import contextmanager

from django.db.backends.utils import CursorWrapper

#: What the look asks that each process has now and then at whether others wrote, and what it says
#: to a connection that it has to open anew: where a test before had the last one closed.
LOOK = ("data_version", "journal_mode", "wal_checkpoint")
LOOK += ("busy_timeout", "wal_autocheckpoint", "schema_version")


@contextmanager
def all_queries(monkeypatch):
    """A list of the statements of the block, of all threads; but for those of the look."""
    asked = []
    with monkeypatch.context() as patch:
        for name in ("execute", "executemany"):
            patch.setattr(CursorWrapper, name, noting(getattr(CursorWrapper, name), asked))
        yield asked


def noting(ask, asked):
    """Ask, and note what."""

    def note(cursor, sql, params=None):
        if not any(word in str(sql) for word in LOOK):
            asked.append(sql)
        return ask(cursor, sql, params)

    return note
