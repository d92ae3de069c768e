"""What a kind's `make` raises or answers, as a client is told of it: on a socket and over HTTP."""

from __future__ import annotations

import asyncio
import json
import secrets
import time

import pytest
from django.db import OperationalError

from hubbub import streams
from hubbub.streams import asking
from hubbub.testing import Member
from tests.toys.cards import Cards
from tests.toys.sheets import ANSWERS, Note, Sheets

pytestmark = [pytest.mark.django_db, pytest.mark.urls("hubbub.urls")]

TOLD = {
    "none": ("internal_error", 500, "TypeError"),
    "other": ("internal_error", 500, "TypeError"),
    "forgotten": ("internal_error", 500, "TypeError"),
    "saved": ("internal_error", 500, "TypeError"),
    "broken": ("internal_error", 500, "ZeroDivisionError"),
    "cancelled": ("internal_error", 500, "CancelledError"),
    "ended": ("internal_error", 500, "SystemExit"),
    "odd": ("internal_error", 500, "TypeError"),
    "odd key": ("internal_error", 500, "TypeError"),
    "half": ("internal_error", 500, "UnicodeEncodeError"),
    "another": ("internal_error", 500, "details has a key 'type'"),
    "no dict": ("internal_error", 500, "TypeError"),
    "unsaid": ("internal_error", 500, "LookupError"),
    "halted": ("internal_error", 500, "Halt"),
    "denied": ("forbidden", 403, None),
    "nowhere": ("not_found", 404, None),
    "gone": ("not_found", 404, None),
    "late": ("invalid_format", 400, None),
    "full": ("invalid_format", 400, None),
    "asleep": ("overloaded", 503, None),
}


def new_sheet():
    return f"s{secrets.token_hex(4)}"


def post(client, sheet, text, **more):
    body = {"type": "write", "text": text, **more}
    return client.post(f"/api/streams/sheet/{sheet}/", body, content_type="application/json")


@pytest.fixture(params=["blocking", "not blocking", "async", "async, not blocking"])
def way(request, monkeypatch):
    """Each way in which a kind may be asked."""
    monkeypatch.setattr(Sheets, "blocking", "not blocking" not in request.param)
    if "async" in request.param:
        made = Sheets.make

        async def make(self, caller, name, request):
            await asyncio.sleep(0)
            return await asyncio.to_thread(made, self, caller, name, request)

        # Of an async test the database is no other thread's: only what asks none goes there.
        monkeypatch.setattr(Sheets, "make", make)
    return request.param


@pytest.mark.parametrize("text", sorted(set(TOLD) - {"saved", "gone"}))
def test_the_client_is_told_and_goes_on(way, text, caplog, client):
    sheet = new_sheet()
    code, status, logged = TOLD[text]
    streams.publish("sheet", sheet, Note(text="first"))
    with Member(f"/ws/sheets/{sheet}/") as member:
        member.say(type="write", text=text, id="x")
        told = member.hear()
        assert (told["type"], told["code"], told["id"]) == ("error", code, "x")
        assert post(client, sheet, text).status_code == status
        member.say(type="write", text="on")
        assert member.hear()["text"] == "on"
    assert ("event_not_made" in caplog.text) == bool(logged)
    assert (logged or "") in caplog.text


def test_what_a_refusal_tells_besides_is_the_same_at_both_doors(client):
    sheet, more = new_sheet(), {"until": "1.5", "odds": None}
    with Member(f"/ws/sheets/{sheet}/") as member:
        member.say(type="write", text="busy", id="x")
        error = {"type": "error", "message": "Not now", "code": "not_now", "id": "x"}
        assert member.hear() == error | more
    answer = {"status": "error", "message": "Not now"}
    assert json.loads(post(client, sheet, "busy").content, parse_constant=str) == answer | more


@pytest.mark.parametrize("text", ["saved", "gone"])
def test_so_it_is_where_the_database_is_asked(text, client):
    sheet = new_sheet()
    code, status, _ = TOLD[text]
    Note.objects.create(name=sheet, seq=1, timestamp="then", created="2026-01-01T00:00Z")
    with Member(f"/ws/sheets/{sheet}/") as member:
        member.say(type="write", text=text, id="x")
        assert member.hear()["code"] == code
    assert post(client, sheet, text).status_code == status


def test_a_complaint_of_a_value_names_the_key_and_says_why(client):
    sheet = new_sheet()
    with Member(f"/ws/sheets/{sheet}/") as member:
        member.say(type="write", text="late")
        told = member.hear()
        assert (told["field"], told["errors"]) == ("text", ["It is too late."])
        member.say(type="write", text="full")
        told = member.hear()
        assert ("field" in told, told["errors"]) == (False, ["The sheet is full."])
    answer = post(client, sheet, "late").json()
    assert (answer["field"], answer["errors"]) == ("text", ["It is too late."])


@pytest.mark.parametrize("blocking", [True, False])
@pytest.mark.parametrize("weight", ["NaN", "sNaN", "-Infinity"])
def test_a_number_that_is_none_does_not_reach_the_kind(weight, blocking, monkeypatch, client):
    monkeypatch.setattr(Cards, "blocking", blocking)
    table = new_sheet()
    with Member(f"/ws/cards/{table}/") as member:
        for rank in (1, 2):  # the second when the stream has begun, and nothing is to be asked
            member.say(type="deal", rank=rank, weight=weight, id="d-1")
            error = member.hear()
            assert (error["code"], error["field"], error["id"]) == (
                "invalid_format",
                "weight",
                "d-1",
            )
            member.say(type="deal", rank=rank, weight="7.5", id=f"d-{rank}")
            assert member.hear_until(type="dealt")["weight"] == "7.5"
            member.hear_until(type="ack")
    body = {"type": "deal", "rank": 3, "weight": weight}
    path = f"/api/streams/card/{table}/"
    answer = client.post(path, body, content_type="application/json")
    assert (answer.status_code, answer.json()["field"]) == (400, "weight")


def test_django_of_async_code_that_is_not_is_a_fault(monkeypatch, caplog):
    async def make(self, caller, name, request):
        return Note.objects.get(text="x")

    monkeypatch.setattr(Sheets, "make", make)
    with Member(f"/ws/sheets/{new_sheet()}/") as member:
        member.say(type="write")
        assert member.hear()["code"] == "internal_error"
    assert "event_not_made reason=SynchronousOnlyOperation" in caplog.text


def test_a_database_that_is_away_is_a_matter_of_waiting(monkeypatch):
    def away():
        raise OperationalError("gone away")

    monkeypatch.setitem(ANSWERS, "away", away)
    with Member(f"/ws/sheets/{new_sheet()}/") as member:
        member.say(type="write", text="away")
        assert member.hear()["code"] == "overloaded"


def test_a_statement_that_is_wrong_is_a_fault_of_the_kind_and_not_of_the_database(
    monkeypatch, caplog
):
    def mistake():
        return Note.objects.extra(where=["no_such_column = 1"]).first()

    monkeypatch.setitem(ANSWERS, "mistake", mistake)
    with Member(f"/ws/sheets/{new_sheet()}/") as member:
        member.say(type="write", text="mistake")
        assert member.hear()["code"] == "internal_error"
    assert "event_not_made reason=ProgrammingError" in caplog.text
    assert "database_away" not in caplog.text


@pytest.mark.parametrize("hangs", ["async", "plain"])
def test_what_takes_too_long_is_given_up(monkeypatch, hangs):
    async def wait(self, caller, name, request):
        await asyncio.Event().wait()

    if hangs == "async":
        monkeypatch.setattr(Sheets, "make", wait)
    else:
        monkeypatch.setitem(ANSWERS, "long", lambda: time.sleep(0.3))
    monkeypatch.setattr(asking, "MAKE_SECONDS", 0.05)
    with Member(f"/ws/sheets/{new_sheet()}/") as member:
        member.say(type="write", text="long", id="x")
        assert member.hear()["code"] == "overloaded"


def test_what_was_stored_is_acked_although_the_kind_would_refuse_it_now(monkeypatch, client):
    sheet = new_sheet()
    with Member(f"/ws/sheets/{sheet}/") as member:
        member.say(type="write", text="once", id="x")
        first = member.hear_until(type="ack")
        for refuses in ("denied", "late", "broken"):
            monkeypatch.setitem(ANSWERS, "once", ANSWERS[refuses])
            member.say(type="write", text="once", id="x")
            assert member.hear_until(type="ack") == first
            assert post(client, sheet, "once", id="x").json()["data"]["seq"] == 1
            member.say(type="write", text="once", id="y")
            assert member.hear_until(type="error")["id"] == "y"
    assert Note.objects.filter(name=sheet).count() == 1
