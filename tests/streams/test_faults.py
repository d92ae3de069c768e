"""Kinds that cannot be used: each is a numbered check with a way out, and is not served."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.db import models
from django.db.models.functions import Length
from django.test.utils import isolate_apps

from hubbub import streams
from hubbub.streams import registry
from hubbub.streams.faults import find_faults
from hubbub.streams.registry import built_in, kinds
from tests.toys.models import Games, Move, Step

GAMES = "tests.toys.models.Games"
ROOMS = "hubbub.chat.kind.Rooms"
INBOXES = "hubbub.notifications.kind.Notifications"
PATH = "ws/chat/<name>/"


class Drawn(streams.Event):
    """A good event of another kind than the toys'."""

    class Meta(streams.Event.Meta):
        app_label = "toys"
        managed = False


class Renamed(streams.Event):
    """A model that has another thing under a name of the journal's."""

    name = models.CharField(max_length=200)
    request_id = None

    class Meta(streams.Event.Meta):
        app_label = "toys"
        managed = False


class Sent(streams.Event):
    """A model that has a column of its own by the name of what every event tells."""

    sender_id = models.IntegerField(null=True)

    class Meta(streams.Event.Meta):
        app_label = "toys"
        managed = False


class Filtered(streams.Event):
    """A model whose manager took the place of ours."""

    objects = models.Manager()

    class Meta(streams.Event.Meta):
        app_label = "toys"
        managed = False


with isolate_apps("tests.toys"):  # else the deletion of a step would look for its table

    class Special(Step):
        """A model with a table of its own beside its parent's."""

        class Meta:
            app_label = "toys"

    class Proxy(Step):
        """A model without a table of its own."""

        class Meta:
            app_label = "toys"
            proxy = True


class Given(streams.Event):
    """A model of which only the database knows all."""

    field = models.CharField(max_length=20, db_default="a")
    length = models.GeneratedField(
        expression=Length("field"), output_field=models.IntegerField(), db_persist=True
    )

    class Meta(streams.Event.Meta):
        app_label = "toys"
        managed = False


class Bare(streams.Event):
    """An event without the constraints that its parent has."""

    class Meta:
        app_label = "toys"
        managed = False


class History(streams.Request, tag="history"):
    """A request that every kind has."""


class Numbered(streams.Request, tag="numbered"):
    """A request whose id is no text."""

    id: int


class Mixed(streams.Request, tag="mixed"):
    """A request with a key of two types that JSON cannot tell apart."""

    value: bytes | str


class Listed(streams.Request, tag="listed", array_like=True):
    """A request that is no object."""


async def show(self, event):
    """What is asked beside the database."""


class Led(streams.Request, tag="led"):
    """A request with a key that one socket for many streams reads."""

    stream: str


class Closed(streams.Request, tag="closed", forbid_unknown_fields=True):
    """A request that takes no key beside its own."""


class Again(streams.Request, tag="move"):
    """A request that is called like another."""


def made(**changes):
    """A kind that is good but for some changes."""
    body = {
        "kind": "draughts",
        "path": "ws/draughts/<name>/",
        "event": Drawn,
        "request": None,
        "show": Games.show,
        "make": Games.make,
    }
    return type("Draughts", (streams.Kind,), body | changes)


def test_a_kind_of_a_module_that_nobody_registered_is_warned_of(monkeypatch):
    common = type("Common", (streams.Kind,), {"__module__": __name__})
    forgotten = type("Forgotten", (common,), {"__module__": __name__, "kind": "forgotten"})
    for kind in (common, forgotten):
        monkeypatch.setattr(f"{__name__}.{kind.__name__}", kind, raising=False)
    made(kind="passing")
    found = [one.msg for one in run_checks(tags=["hubbub"]) if one.id == "hubbub.W014"]
    assert found == ["Forgotten is a kind that is not registered."]


@pytest.mark.parametrize(
    ("number", "changes", "sentence"),
    [
        ("E011", {"kind": ""}, "kind = '' is no word."),
        ("E013", {"keep_days": "30"}, "keep_days = '30' is no number of them."),
        ("E013", {"keep_events": 0}, "keep_events = 0 is no number of them."),
        ("E013", {"keep_days": True}, "keep_days = True is no number of them."),
        ("E014", {"may_enter": show}, "may_enter cannot be called with what it is given."),
        ("E014", {"make": show}, "make cannot be called with what it is given."),
        ("E014", {"show": lambda: 1}, "show cannot be called with what it is given."),
        ("E014", {"may_send": True}, "may_send cannot be called with what it is given."),
        ("E014", {"may_entr": Games.may_enter}, "may_entr is asked by nobody."),
        ("E014", {"history": 1}, "history is a name of streams.Kind itself."),
        ("E014", {"table": 1}, "table is a name of streams.Kind itself."),
        ("E014", {"read": show}, "read is a name of streams.Kind itself."),
        ("E011", {"kind": "Big"}, "kind = 'Big' is no word."),
        ("E011", {"kind": "a:b"}, "kind = 'a:b' is no word."),
        ("E011", {"path": "/ws/x/<name>/"}, "path = '/ws/x/<name>/' is no path of a stream."),
        ("E011", {"path": "ws/<name>/x/"}, "path = 'ws/<name>/x/' is no path of a stream."),
        ("E012", {"kind": "chat"}, f"kind = 'chat' is taken by {ROOMS}."),
        ("E012", {"kind": "notifications"}, f"kind = 'notifications' is taken by {INBOXES}."),
        ("E012", {"kind": "everyone"}, f"kind = 'everyone' is taken by {INBOXES}."),
        ("E012", {"kind": "game"}, f"kind = 'game' is taken by {GAMES}."),
        ("E012", {"path": "ws/<name>/"}, "path = 'ws/<name>/' is taken."),
        ("E012", {"path": PATH}, f"path = {PATH!r} is taken by {ROOMS}."),
        (
            "E012",
            {"path": "ws/notifications/<name>/"},
            f"path = 'ws/notifications/<name>/' is taken by {INBOXES}.",
        ),
        ("E012", {"path": "ws/games/<name>/"}, f"path = 'ws/games/<name>/' is taken by {GAMES}."),
        ("E012", {"event": Step}, f"the events of {GAMES} are in the table of Step too."),
        ("E013", {"event": None}, "event is no model of events."),
        ("E013", {"event": models.Model}, "event is no model of events."),
        ("E013", {"event": streams.Event}, "event = Event is abstract, and has no table."),
        ("E013", {"event": Bare}, "Bare lacks the constraints of streams.Event."),
        ("E013", {"event": Filtered}, "Filtered.objects is not that of streams.Event."),
        ("E014", {"show": show}, "show is async."),
        ("E013", {"keep": 0}, "keep = 0 is none."),
        ("E013", {"keep": streams.NOTHING, "event": None}, "event is no class."),
        ("E013", {"keep": streams.NOTHING, "event": streams.Event}, "event = Event is abstract."),
        ("E014", {"show": streams.Kind.show}, "show(self, event) is missing."),
        (
            "E014",
            {"request": Move, "make": streams.Kind.make},
            "make(self, caller, name, request) is missing, though there are requests.",
        ),
        ("E015", {"request": History}, "History is called 'history', as every kind's own."),
        ("E015", {"request": Move | Again}, "Two requests are called 'move'."),
        ("E015", {"request": Numbered}, "Numbered.id is not that of streams.Request."),
        ("E015", {"request": list[Move]}, f"request = {list[Move]!r} is none."),
        ("E015", {"request": Move | None}, "request = <class 'NoneType'> is none."),
        ("E013", {"event": Sent}, "Sent.sender_id is that of streams.Event."),
        ("E015", {"request": Led}, "Led has a key 'stream', which /ws/ reads."),
        (
            "E015",
            {"request": Closed},
            "Closed forbids keys that it does not know, and /ws/ adds 'stream'.",
        ),
        ("E015", {"request": dict}, "request = <class 'dict'> is none."),
    ],
)
def test_what_is_wrong_is_told_with_its_number(number, changes, sentence):
    (fault,) = find_faults(made(**changes), [*built_in(), *kinds()])
    assert (fault.number, fault.sentence) == (f"hubbub.{number}", sentence)
    assert fault.hint


def test_what_python_puts_into_a_class_is_no_name_of_the_house():
    class Typed(streams.Kind):
        kind: str = "typed"
        path: str = "ws/typed/<name>/"
        event: type[streams.Event] = Drawn

        def __init__(self) -> None:
            self.shown = 0

        def show(self, event):
            self.shown += 1
            return {"type": "drawn"}

    assert find_faults(Typed, kinds()) == []


def test_nothing_is_wrong_with_a_good_one():
    assert find_faults(made(), kinds()) == []
    assert find_faults(made(request=Move), kinds()) == []


@pytest.mark.parametrize("event", [Bare, dict])
def test_what_is_kept_nowhere_may_be_of_any_class(event):
    assert find_faults(made(keep=streams.NOTHING, event=event), kinds()) == []


def test_a_bad_one_is_told_by_a_check_and_not_served(monkeypatch):
    monkeypatch.setattr(registry, "_faults", {})
    bad = streams.register(made(kind="chat"))
    assert bad.kind not in {kind.kind for kind in kinds()}
    (told,) = (one for one in run_checks() if one.id == "hubbub.E012")
    assert told.msg == f"Draughts: kind = 'chat' is taken by {ROOMS}."


@pytest.mark.parametrize("changes", [{"kind": "chat"}, {"kind": "inbox"}, {"path": PATH}])
def test_one_that_was_there_before_what_it_takes_from_the_house_is_told_as_well(
    monkeypatch, changes
):
    early = made(**changes)
    found = find_faults(early, [])  # a project's models are loaded before any app is ready
    assert found == []
    monkeypatch.setattr(registry, "_faults", {early: found, made(): []})
    (told,) = (one for one in run_checks() if one.id == "hubbub.E012")
    assert told.obj is early


@pytest.mark.parametrize(
    ("event", "sentences"),
    [
        (Renamed, ["name is not that", "request_id is not that"]),
        (Special, ["columns in another table"]),
        (Proxy, ["columns in another table"]),
        (Given, ["field gets its value from", "length gets its value from"]),
    ],
)
def test_a_model_that_the_journal_cannot_write_is_told_whole(event, sentences):
    told = [one.sentence for one in find_faults(made(event=event), kinds())]
    assert all(any(part in sentence for sentence in told) for part in sentences), told


@pytest.mark.parametrize("request_type", [Mixed, Move | Listed])
def test_a_request_that_cannot_be_read_is_told_before_a_client_sends_it(request_type):
    (fault,) = find_faults(made(request=request_type), kinds())
    assert fault.number == "hubbub.E015"
    assert fault.sentence.startswith("request cannot be read: ")


def test_a_method_may_be_of_any_sort():
    good = made(
        show=staticmethod(lambda event: {"type": "a"}),
        make=classmethod(lambda *_, **__: None),
        may_enter=lambda self, caller, *rest, more=1: True,
    )
    assert find_faults(good, kinds()) == []


def test_a_module_that_is_loaded_once_more_takes_the_place_of_the_first():
    again = type("Games", (streams.Kind,), dict(vars(Games)))
    assert find_faults(again, kinds()) == []
    stranger = type("Games", (streams.Kind,), {**vars(Games), "__module__": "elsewhere"})
    told = {one.sentence for one in find_faults(stranger, kinds())}
    assert f"kind = 'game' is taken by {GAMES}." in told
