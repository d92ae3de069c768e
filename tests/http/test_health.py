import sqlite3
import time
from contextlib import closing

import pytest
from django.db import OperationalError, connection

from hubbub.http import health
from hubbub.journal.process import writer
from hubbub.journal.writer import SLOW


def test_a_live_process_says_ok_without_a_database(call):
    response = call("GET", "/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_ready_process_says_ok(transactional_db, call):
    response = call("GET", "/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_draining_process_is_alive_and_not_ready(transactional_db, call):
    health.drain()
    response = call("GET", "/readyz")
    assert response.status_code == 503
    assert response.json() == {
        "status": "error",
        "message": "Draining",
        "reason": "draining",
    }
    assert response["Retry-After"] == "2"
    assert call("GET", "/healthz").status_code == 200
    health.resume()
    assert call("GET", "/readyz").status_code == 200


def test_a_database_that_fails_makes_it_not_ready(call, monkeypatch):
    def fail(_) -> None:
        raise OperationalError("no route to host")

    monkeypatch.setattr(health, "extent", fail)
    response = call("GET", "/readyz")
    assert response.status_code == 503
    assert response.json() == {
        "status": "error",
        "message": "Database does not answer",
        "reason": "database",
    }


def test_a_database_that_hangs_makes_it_not_ready(call, monkeypatch):
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    monkeypatch.setattr(health, "extent", lambda _: time.sleep(0.5))
    began = time.monotonic()
    assert call("GET", "/readyz").status_code == 503
    assert time.monotonic() - began < 0.5


def test_a_writer_that_fails_makes_it_not_ready(transactional_db, call, monkeypatch):
    """As on a full disk, which takes the lock and no row."""

    def full(_):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(health, "store_nothing", full)
    assert call("GET", "/readyz").status_code == 200
    monkeypatch.setattr(writer, "failing", True)
    response = call("GET", "/readyz")
    assert (response.status_code, response.json()["reason"]) == (503, "writer")


def test_a_commit_that_takes_long_is_one_that_fails(transactional_db, call, monkeypatch):
    monkeypatch.setattr(writer, "_began", time.monotonic())
    assert call("GET", "/readyz").status_code == 200
    monkeypatch.setattr(writer, "_began", time.monotonic() - SLOW)
    response = call("GET", "/readyz")
    assert (response.status_code, response.json()["reason"]) == (503, "writer")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the lock of one row there")
def test_a_lock_that_is_held_makes_it_not_ready(transactional_db, call):
    assert call("GET", "/readyz").status_code == 200, "a new database has its beginning now"
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        response = call("GET", "/readyz")
        assert (response.status_code, response.json()["reason"]) == (503, "writer")
        other.execute("ROLLBACK")
    assert call("GET", "/readyz").status_code == 200
