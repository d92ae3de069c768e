"""Kinds that cannot be used: each is a numbered check with a way out, and is not served."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.db import models

from hubbub import streams
from hubbub.streams import registry
from hubbub.streams.faults import find_faults
from hubbub.streams.registry import kinds
from tests.streams.toys.models import Games, Move, Step


class Bare(streams.Event):
    """An event without the constraints that its parent has."""

    class Meta:
        app_label = "toys"
        managed = False


class History(streams.Request, tag="history"):
    """A request that every kind has."""


class Again(streams.Request, tag="move"):
    """A request that is called like another."""


def made(**changes):
    """A kind that is good but for some changes."""
    body = {
        "kind": "draughts",
        "path": "ws/draughts/<name>/",
        "event": Step,
        "request": None,
        "show": Games.show,
        "make": Games.make,
    }
    return type("Draughts", (streams.Kind,), body | changes)


@pytest.mark.parametrize(
    ("number", "changes", "sentence"),
    [
        ("E011", {"kind": ""}, "kind = '' is no word."),
        ("E011", {"kind": "Big"}, "kind = 'Big' is no word."),
        ("E011", {"kind": "a:b"}, "kind = 'a:b' is no word."),
        ("E011", {"path": "/ws/x/<name>/"}, "path = '/ws/x/<name>/' is no path of a stream."),
        ("E011", {"path": "ws/<name>/x/"}, "path = 'ws/<name>/x/' is no path of a stream."),
        ("E012", {"kind": "chat"}, "kind = 'chat' is taken."),
        ("E012", {"kind": "notifications"}, "kind = 'notifications' is taken."),
        ("E012", {"kind": "game"}, "kind = 'game' is taken."),
        ("E012", {"path": "ws/chat/<name>/"}, "path = 'ws/chat/<name>/' is taken."),
        ("E012", {"path": "ws/games/<name>/"}, "path = 'ws/games/<name>/' is taken."),
        ("E013", {"event": None}, "event is no model of events."),
        ("E013", {"event": models.Model}, "event is no model of events."),
        ("E013", {"event": streams.Event}, "event = Event is abstract, and has no table."),
        ("E013", {"event": Bare}, "Bare lacks the constraints of streams.Event."),
        ("E014", {"show": streams.Kind.show}, "show(self, event) is missing."),
        (
            "E014",
            {"request": Move, "make": streams.Kind.make},
            "make(self, caller, name, request) is missing, though there are requests.",
        ),
        ("E015", {"request": History}, "History is called 'history', as every kind's own."),
        ("E015", {"request": Move | Again}, "Two requests are called 'move'."),
        ("E015", {"request": dict}, "request = <class 'dict'> is none."),
    ],
)
def test_what_is_wrong_is_told_with_its_number(number, changes, sentence):
    (fault,) = find_faults(made(**changes), kinds())
    assert (fault.number, fault.sentence) == (f"hubbub.{number}", sentence)
    assert fault.hint


def test_nothing_is_wrong_with_a_good_one():
    assert find_faults(made(), kinds()) == []
    assert find_faults(made(request=Move), kinds()) == []


def test_a_bad_one_is_told_by_a_check_and_not_served(monkeypatch):
    monkeypatch.setattr(registry, "_faults", {})
    bad = streams.register(made(kind="chat"))
    assert bad.kind not in {kind.kind for kind in kinds()}
    (told,) = (one for one in run_checks() if one.id == "hubbub.E012")
    assert told.msg == "Draughts: kind = 'chat' is taken."
