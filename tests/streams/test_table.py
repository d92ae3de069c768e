"""The journal of a kind: what is told of events that cannot be shown, or were deleted by hand."""

from __future__ import annotations

import asyncio
import io
import json
import secrets
from asyncio import CancelledError

import msgspec
import pytest
from django.core.management import call_command
from django.db import OperationalError, models
from django.utils.functional import lazystr

from hubbub import streams
from hubbub.database import ours
from hubbub.errors import FailedError
from hubbub.streams import event_table
from hubbub.streams.columns import Columns
from hubbub.streams.event_table import EventTable
from hubbub.streams.registry import kind_of
from hubbub.testing import Member
from hubbub.wire.closes import TRY_LATER
from tests.toys.pointers import Pointers
from tests.toys.sheets import Halt, Note, Sheets, Told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("hubbub.urls")]


class Shown(msgspec.Struct, tag_field="type", tag="note"):
    """A note, as a type of msgspec's."""

    text: str
    due: object = None


class Odd:
    """What no encoder knows."""


@pytest.fixture
def sheet():
    return f"s{secrets.token_hex(4)}"


def note(sheet, text, **options):
    return streams.publish("sheet", sheet, Note(text=text), **options)


@pytest.mark.parametrize(
    "shown",
    [
        None,
        [],
        {},
        {"text": "no type"},
        {"type": 7},
        {"type": None},
        {"type": "ack"},
        {"type": "error"},
        {"type": "history"},
        {"type": "subscribed"},
        {"type": "note", "stream": "chat:general"},
        {"type": "note", "text": "x" * 4 * 65_536},
        {"type": "note", "odd": Odd()},
        {"type": "note", "odd": Note(text="a row")},
        {"type": "note", ("a", "b"): 1},
    ],
)
def test_what_is_no_frame_is_the_kinds_fault_and_not_the_clients(sheet, shown, monkeypatch, caplog):
    with Member(f"/ws/sheets/{sheet}/") as member:
        note(sheet, "first")
        member.hear_until(text="first")
        with monkeypatch.context() as patch:
            patch.setattr(Sheets, "show", lambda *_: shown)
            member.say(type="write", text="bad", id="x")
            told = member.hear()
            assert (told["code"], told["id"]) == ("internal_error", "x")
        member.say(type="write", text="on")
        assert (member.hear()["seq"], Note.objects.filter(name=sheet).count()) == (2, 2)
    assert "event_not_shown" in caplog.text


def test_a_table_that_was_not_migrated_spoils_nothing_for_others(sheet, monkeypatch, caplog):
    columns = Columns(Note)
    known = columns.statement()
    monkeypatch.setattr(columns, "statement", lambda: known.replace("colour", "no_such_column"))
    monkeypatch.setattr(kind_of("sheet").table, "_columns", columns)
    with Member(f"/ws/sheets/{sheet}/") as notes, Member(f"/ws/games/{sheet}/") as moves:
        notes.say(type="write", text="a", id="x")
        moves.say(type="move", field="a1")
        assert moves.hear()["seq"] == 1
        assert notes.hear()["code"] == "overloaded"
    assert "storing_failed" in caplog.text
    assert "database_away" not in caplog.text


def test_a_show_that_takes_long_is_told_of(sheet, monkeypatch, caplog):
    note(sheet, "soon")
    assert "event_shown_late" not in caplog.text
    clock = iter(range(100))
    monkeypatch.setattr(event_table, "monotonic", lambda: next(clock))
    note(sheet, "late")
    (line,) = [one for one in caplog.records if one.event == "event_shown_late"]
    assert (line.stream, line.seconds) == (f"sheet:{sheet}", 1)


@pytest.mark.parametrize("ending", [SystemExit, CancelledError, StopIteration, GeneratorExit, Halt])
def test_a_show_that_ends_ends_no_thread_of_ours(sheet, ending, monkeypatch, caplog):
    known = Sheets.show

    def show(self, note):
        if note.text == "bad":
            raise ending
        return known(self, note)

    note(sheet, "bad")
    monkeypatch.setattr(Sheets, "show", show)
    with Member(f"/ws/sheets/{sheet}/?since=0") as member:
        assert member.hear_until(type="unknown")["seq"] == 1
        member.say(type="write", text="bad", id="x")
        assert member.hear()["code"] == "internal_error"
        member.say(type="write", text="on")
        assert member.hear()["seq"] == 2
    with pytest.raises(FailedError):
        note(sheet, "bad")
    assert "event_not_shown" in caplog.text


ASKS = {
    Sheets: ("/ws/sheets/", {"type": "write", "text": "a"}),
    Pointers: ("/ws/pointers/", {"type": "point", "x": 1}),
}


@pytest.mark.parametrize("kind", ASKS)
@pytest.mark.parametrize(
    ("details", "code"),
    [({"why": {1}}, "not_now"), ({"why": object()}, "internal_error"), (7, "internal_error")],
)
def test_a_refusal_of_show_is_told_and_one_that_cannot_be_is_the_kinds_fault(
    kind, details, code, monkeypatch, caplog
):
    (path, asked), name = ASKS[kind], f"s{secrets.token_hex(4)}"

    def show(*_):
        raise Told(details)

    with Member(f"{path}{name}/") as member:
        with monkeypatch.context() as patch:
            patch.setattr(kind, "show", show)
            for number in "xy":
                member.say(**asked, id=number)
                told = member.hear()
                assert (told["code"], told["id"]) == (code, number)
        member.say(**asked, id="z")
        assert member.hear_until(type="ack")["id"] == "z"
    assert ("event_not_shown" in caplog.text) == (code == "internal_error")


async def test_another_database_that_is_away_is_one_events_trouble(sheet, monkeypatch, caplog):
    known = Sheets.show

    def show(self, note):
        if note.text == "bad":
            raise OperationalError("what it asks besides does not answer")
        return known(self, note)

    monkeypatch.setattr(Sheets, "show", show)
    texts = ["a", "bad", "b", "bad", "c"]
    wanted = [streams.apublish("sheet", sheet, Note(text=text)) for text in texts]
    outcomes = await asyncio.gather(*wanted, return_exceptions=True)
    assert [getattr(one, "seq", type(one)) for one in outcomes] == [
        1,
        FailedError,
        2,
        FailedError,
        3,
    ]
    assert "event_not_shown" in caplog.text
    assert "database_away" not in caplog.text


def test_while_the_database_is_away_no_stored_event_is_unknown(sheet, monkeypatch, client):
    known, away = Sheets.show, [True, True]

    def show(self, note):
        if away:
            away.pop()
            with ours().wrap_database_errors:
                raise ours().Database.OperationalError("the connection was lost")
        return known(self, note)

    note(sheet, "a")
    monkeypatch.setattr(Sheets, "show", show)
    with Member(f"/ws/sheets/{sheet}/?since=0") as member:
        assert member.hear_goodbye().code == TRY_LATER.code
    assert client.get(f"/api/streams/sheet/{sheet}/").status_code == 503
    assert client.get(f"/api/streams/sheet/{sheet}/").json()["data"]["events"][0]["text"] == "a"
    with Member(f"/ws/sheets/{sheet}/?since=0") as member:
        assert member.hear()["recovered"]
        assert member.hear()["text"] == "a"


def test_what_is_meant_for_the_whole_process_ends_not_the_writer(sheet, monkeypatch):
    def show(self, note):
        raise KeyboardInterrupt

    with Member(f"/ws/sheets/{sheet}/") as member:
        note(sheet, "first")
        member.hear_until(text="first")
        with monkeypatch.context() as patch:
            patch.setattr(Sheets, "show", show)
            member.say(type="write", text="bad", id="x")
            assert member.hear()["code"] == "overloaded"
            with pytest.raises(KeyboardInterrupt):
                note(sheet, "bad")
        member.say(type="write", text="on")
        assert member.hear()["seq"] == 2


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (Shown("a"), {"type": "note", "text": "a", "due": None}),
        (Shown(lazystr("a"), {1, 2}), {"type": "note", "text": "a", "due": [1, 2]}),
        ({"type": lazystr("note")}, None),
        ({"type": "note", 1: 2}, {"type": "note", "1": 2}),
    ],
)
def test_what_can_be_written_as_json_is_shown(sheet, shown, told, monkeypatch):
    monkeypatch.setattr(Sheets, "show", lambda *_: shown)
    with Member(f"/ws/sheets/{sheet}/") as member:
        member.say(type="write", text="a")
        frame = member.hear()
    if told is None:
        assert frame["code"] == "internal_error"
    else:
        assert {key: frame[key] for key in told} == told


def test_rows_that_were_deleted_by_hand_are_never_said_to_be_all(sheet):
    for text in "abcd":
        note(sheet, text)
    Note.objects.filter(name=sheet, text="b").delete()
    with Member(f"/ws/sheets/{sheet}/?since=0&history=9") as member:
        assert member.hear()["recovered"] is False
        assert [event["text"] for event in member.hear()["events"]] == ["a", "c", "d"]
        note(sheet, "e")
        assert member.hear()["seq"] == 5
    with Member(f"/ws/sheets/{sheet}/?since=2") as member:
        assert (member.hear()["recovered"], member.hear()["text"]) == (True, "c")


def test_all_of_them_may_be_deleted_and_the_numbers_go_on(sheet):
    note(sheet, "a")
    with Member(f"/ws/sheets/{sheet}/?since=1") as member:
        assert member.hear()["missed"] == 0
        Note.objects.filter(name=sheet).delete()
        member.say(type="write", text="b")
        assert member.hear()["seq"] == 2


def test_managers_of_the_models_own_hide_nothing_from_the_journal(sheet, monkeypatch):
    class Few(models.Manager):
        def get_queryset(self):
            return super().get_queryset().exclude(text="b")

    few = Few()
    few.model = Note
    monkeypatch.setattr(type(Note._meta), "default_manager", few)
    monkeypatch.setattr(type(Note), "_default_manager", few)
    for text in "abc":
        note(sheet, text)
    assert [row.seq for row in EventTable(Sheets()).read(f"sheet:{sheet}", 0, 3)] == [1, 2, 3]


def test_djangos_own_commands_know_the_rows(sheet):
    note(sheet, "a")
    out = io.StringIO()
    call_command("dumpdata", "toys.Note", stdout=out)
    dumped = [row["fields"] for row in json.loads(out.getvalue())]
    assert [(row["seq"], row["text"]) for row in dumped if row["name"] == sheet] == [(1, "a")]
