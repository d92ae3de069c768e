import time

from django.db import OperationalError

from hubbub.http import health


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
    assert response.json() == {"status": "error", "message": "Draining"}
    assert response["Retry-After"] == "2"
    assert call("GET", "/healthz").status_code == 200
    health.resume()
    assert call("GET", "/readyz").status_code == 200


def test_a_database_that_fails_makes_it_not_ready(call, monkeypatch):
    def fail(_) -> None:
        raise OperationalError("no route to host")

    monkeypatch.setattr(health, "position", fail)
    response = call("GET", "/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "error", "message": "Database does not answer"}


def test_a_database_that_hangs_makes_it_not_ready(call, monkeypatch):
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    monkeypatch.setattr(health, "position", lambda _: time.sleep(0.5))
    began = time.monotonic()
    assert call("GET", "/readyz").status_code == 503
    assert time.monotonic() - began < 0.5
