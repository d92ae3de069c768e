"""The values of a model of events: told, stored and read back they are the same."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db.models import F
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from hubbub import streams
from hubbub.errors import InvalidFormatError, InvalidValueError
from hubbub.testing import Member
from tests.toys.cards import Card
from tests.toys.sheets import ANSWERS, Colour, Note, Sheets

pytestmark = [pytest.mark.django_db(transaction=True)]

KEY = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
CET = timezone(timedelta(hours=1))


@pytest.fixture
def sheet():
    return f"s{secrets.token_hex(4)}"


def told_and_read(sheet, **values):
    """The frame of a note as it was told, and as it is read."""
    with Member(f"/ws/sheets/{sheet}/") as member:
        streams.publish("sheet", sheet, Note(**values))
        told = member.hear()
    with Member(f"/ws/sheets/{sheet}/?history=1") as member:
        return told, member.hear()["events"][0]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({}, {"price": "1.50", "colour": "Red", "rest": {}, "author": None}),
        ({"text": gettext_lazy("Red")}, {"text": "Red"}),
        ({"text": mark_safe("<b>")}, {"text": "<b>"}),
        ({"text": 7}, {"text": "7"}),
        ({"colour": Colour.BLUE}, {"colour": "Blue"}),
        ({"price": Decimal("2")}, {"price": "2.00"}),
        ({"price": "2.5"}, {"price": "2.50"}),
        ({"price": 3}, {"price": "3.00"}),
        ({"price": Decimal("3.14159")}, {"price": "3.14"}),
        ({"price": Decimal("-0.001")}, {"price": "0.00"}),
        ({"worth": Decimal("0.125")}, {"worth": "0.125000000000000000"}),
        ({"worth": Decimal("1234567890123456789012.125")}, {}),
        ({"worth": Decimal("-1234567890.123456789012345678")}, {}),
        ({"rest": {"a": (1, 2), 3: None}}, {"rest": {"a": [1, 2], "3": None}}),
        ({"rest": []}, {"rest": []}),
        ({"due": "2026-01-01T12:00:00+01:00"}, {"due": "2026-01-01T11:00:00Z"}),
        ({"due": datetime(2026, 1, 1, 12, tzinfo=CET)}, {"due": "2026-01-01T11:00:00Z"}),
        ({"due": datetime(2026, 1, 1, 12, 0, 0, 5, UTC)}, {"due": "2026-01-01T12:00:00.000005Z"}),
    ],
)
def test_what_is_told_is_what_is_read(sheet, values, shown):
    told, read = told_and_read(sheet, **values)
    assert told == read
    assert {key: told[key] for key in shown} == shown
    assert told["noted"]


@pytest.mark.parametrize(
    "due", ["2026-01-01T12:00:00+01:00", "2026-01-01T06:00", datetime(2026, 1, 1, 12, tzinfo=CET)]
)
def test_without_offsets_in_its_tables_a_project_takes_moments_that_have_one(sheet, settings, due):
    settings.USE_TZ, settings.TIME_ZONE = False, "America/New_York"
    told, read = told_and_read(sheet, due=due)
    assert told == read
    assert told["due"] == "2026-01-01T06:00:00"


@pytest.mark.parametrize("wait", [timedelta(seconds=7), "00:00:07", "P0DT00H00M07S"])
def test_a_field_of_the_projects_own_is_what_its_methods_say(sheet, wait):
    with Member(f"/ws/cards/{sheet}/") as member:
        for _ in range(2):
            card = Card(suit="h", rank=1, wait=wait, words=["a", "b"])
            streams.publish("card", sheet, card, request_id="once")
        told = member.hear()
        member.say(type="history")
        assert member.hear()["events"] == [told]
    assert (told["wait"], told["words"]) == ("PT7S", ["a", "b"])


def test_a_row_that_is_referred_to_is_there_in_both(sheet):
    ada = get_user_model().objects.create_user(f"ada{sheet}")
    for values in ({"author": ada}, {"author_id": ada.pk}, {"author_id": str(ada.pk)}):
        told, read = told_and_read(sheet, **values)
        assert told == read
        assert told["author"] == f"ada{sheet}"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"text": "x" * 21}, "text"),
        ({"price": "much"}, "price"),
        ({"price": Decimal("99999999")}, "price"),
        ({"price": Decimal("1e300")}, "price"),
        ({"worth": Decimal("1e22")}, "worth"),
        ({"price": Decimal("NaN")}, "price"),
        ({"price": F("seq")}, "price"),
        ({"due": "yesterday"}, "due"),
        ({"author_id": "ada"}, "author"),
        ({"text": None}, "text"),
        ({"rest": None}, "rest"),
        ({"author_id": 2**31 - 1}, "author"),
    ],
)
def test_what_a_field_does_not_take_is_refused_by_its_name_on_any_database(sheet, values, field):
    with pytest.raises(InvalidValueError) as caught:
        streams.publish("sheet", sheet, Note(**values))
    assert caught.value.field == field
    assert str(caught.value).endswith(f": {field}: {caught.value.details['errors'][0]}")
    streams.publish("sheet", sheet, Note(text="on"))
    assert Note.objects.get(name=sheet).seq == 1


@pytest.mark.parametrize("error", [AttributeError, KeyError, RuntimeError])
@pytest.mark.parametrize("method", ["pre_save", "get_prep_value", "get_db_prep_save"])
def test_whatever_a_field_raises_is_of_its_value(sheet, method, error, monkeypatch):
    def fail(*_, **__):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Note._meta.get_field("price"), method, fail)
        with pytest.raises(InvalidValueError) as caught:
            streams.publish("sheet", sheet, Note(text="a"))
    assert (caught.value.field, type(caught.value.__cause__)) == ("price", error)


@pytest.mark.parametrize(
    ("again", "code"),
    [
        ({"rank": 7, "key": KEY}, "invalid_format"),
        ({"rank": 8, "key": KEY}, "invalid_format"),
        ({"rank": 7}, "invalid_format"),
        ({"rank": 8}, None),
    ],
)
def test_a_key_or_a_rule_of_the_models_own_that_is_broken_is_the_requests_fault(sheet, again, code):
    with Member(f"/ws/cards/{sheet}/") as member:
        member.say(type="deal", rank=7, key=KEY, id="first")
        member.hear_until(type="ack")
        member.say(type="deal", **again, id="again")
        assert member.hear().get("code") == code


def test_a_client_is_told_so_and_the_others_are_stored(sheet, monkeypatch):
    monkeypatch.setitem(ANSWERS, "bad", lambda: Note(text="x" * 21))
    with Member(f"/ws/sheets/{sheet}/") as member:
        for text in ("one", "bad", "two"):
            member.say(type="write", text=text, id=text)
        heard = [member.hear() for _ in range(5)]
    (error,) = (frame for frame in heard if frame["type"] == "error")
    assert (error["code"], error["field"], error["id"]) == ("invalid_format", "text", "bad")
    assert error["errors"]
    seqs = [(frame["text"], frame["seq"]) for frame in heard if frame["type"] == "note"]
    assert seqs == [("one", 1), ("two", 2)]


def test_a_row_that_refers_to_nobody_fails_alone(sheet, monkeypatch, caplog):
    monkeypatch.setitem(ANSWERS, "bad", lambda: Note(author_id=2**31 - 1))
    monkeypatch.setattr(Sheets, "show", lambda _, note: {"type": "note", "text": note.text})
    with Member(f"/ws/sheets/{sheet}/") as member:
        for text in ("one", "bad", "two"):
            member.say(type="write", text=text, id=text)
        heard = [member.hear() for _ in range(5)]
    (error,) = (frame for frame in heard if frame["type"] == "error")
    assert (error["code"], error["id"]) == ("invalid_format", "bad")
    assert [frame["seq"] for frame in heard if frame["type"] == "note"] == [1, 2]
    assert "storing_refused" in caplog.text


def test_what_a_field_gives_itself_does_not_make_it_another_event(sheet, monkeypatch):
    with Member(f"/ws/sheets/{sheet}/") as member:
        member.say(type="write", text="now", id="x")
        first = member.hear_until(type="ack")
        member.say(type="write", text="now", id="x")
        assert member.hear_until(type="ack") == first
        monkeypatch.setitem(ANSWERS, "now", lambda: Note(text="now", rest={"a": 1}))
        member.say(type="write", text="now", id="x")
        assert member.hear_until(type="error")["code"] == "id_conflict"


def test_what_no_json_has_is_refused_too(sheet):
    with pytest.raises((InvalidValueError, TypeError)):  # psycopg finds it as it writes
        streams.publish("sheet", sheet, Note(rest={"a": date(2026, 1, 1)}))


def test_half_a_pair_of_characters_is_no_value(sheet):
    with pytest.raises(InvalidFormatError):
        streams.publish("sheet", sheet, Note(text="\ud800"))
