"""Why a kind cannot be used, each a numbered check of Django's with a way out."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from hubbub.journal.log import kinds_taken
from hubbub.streams.event import Event
from hubbub.streams.kind import Kind
from hubbub.streams.request import AskHistory, Request, requests_of, tag_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WORD = re.compile(r"[a-z][a-z0-9]{0,31}")
PATH = re.compile(r"(?:[A-Za-z0-9_.-]+/)+<name>/")
#: Words of streams and of frames that are not a project's.
OURS = ("chat", "counter", "everyone", "inbox", "notifications")
FRAMES = ("ack", "error", "ping", "pong", "recovery", "subscribe", "unsubscribe", "unknown")
#: The paths of our own sockets.
PATHS = ("ws/<name>/", "ws/chat/<name>/", "ws/counter/<name>/", "ws/notifications/<name>/")


class Fault(NamedTuple):
    """A check's number, what is wrong with which kind, and what to do."""

    number: str
    kind: type[Kind]
    sentence: str
    hint: str


def find_faults(kind: type[Kind], others: Iterable[Kind]) -> list[Fault]:
    """Everything that is wrong with a kind that is to be registered beside others."""
    found: list[Fault] = []
    for number, complaints in (
        ("hubbub.E011", names_of(kind)),
        ("hubbub.E012", taken(kind, others)),
        ("hubbub.E013", events_of(kind)),
        ("hubbub.E014", methods_of(kind)),
        ("hubbub.E015", asked_of(kind)),
    ):
        found += (Fault(number, kind, sentence, hint) for sentence, hint in complaints)
    return found


def names_of(kind: type[Kind]) -> Iterator[tuple[str, str]]:
    """hubbub.E011: the kind's word, or its path, is none."""
    if not WORD.fullmatch(kind.kind):
        yield f"kind = {kind.kind!r} is no word.", "Small letters and digits: kind = 'order'."
    if not PATH.fullmatch(kind.path):
        yield f"path = {kind.path!r} is no path of a stream.", "path = 'ws/orders/<name>/'."


def taken(kind: type[Kind], others: Iterable[Kind]) -> Iterator[tuple[str, str]]:
    """hubbub.E012: another kind has its word or its path."""
    if kind.kind in OURS or kind.kind in kinds_taken():
        yield f"kind = {kind.kind!r} is taken.", "Each kind has a word of its own."
    if kind.path in PATHS or any(kind.path == other.path for other in others):
        yield f"path = {kind.path!r} is taken.", "Each kind has a path of its own."


def events_of(kind: type[Kind]) -> Iterator[tuple[str, str]]:
    """hubbub.E013: its events have no table, or one that lacks what numbers them."""
    event: Any = getattr(kind, "event", None)
    hint = "event = Step, with class Step(streams.Event)."
    if not (inspect.isclass(event) and issubclass(event, Event)):
        yield "event is no model of events.", hint
    elif event._meta.abstract:
        yield f"event = {event.__name__} is abstract, and has no table.", hint
    elif len(unique_names(event)) < len(Event.Meta.constraints):
        yield (
            f"{event.__name__} lacks the constraints of streams.Event.",
            "Its class Meta derives from streams.Event.Meta, and adds to its constraints.",
        )


def unique_names(event: type[Event]) -> set[tuple[str, ...]]:
    """The fields that are unique together, among those that the journal relies on."""
    needed = {tuple(constraint.fields) for constraint in Event.Meta.constraints}
    return needed & {tuple(getattr(one, "fields", ())) for one in event._meta.constraints}


def methods_of(kind: type[Kind]) -> Iterator[tuple[str, str]]:
    """hubbub.E014: it does not say how an event is shown, or made of a request."""
    if kind.show is Kind.show:
        yield "show(self, event) is missing.", "It returns the keys of an event's frame."
    if kind.request is not None and kind.make is Kind.make:
        yield (
            "make(self, caller, name, request) is missing, though there are requests.",
            "It returns the event that a request asks for; or request = None.",
        )


def asked_of(kind: type[Kind]) -> Iterator[tuple[str, str]]:
    """hubbub.E015: a request is none, or is called like one that every kind has."""
    reserved = {tag_of(AskHistory), *FRAMES}
    seen: set[str] = set()
    for request in () if kind.request is None else requests_of(kind.request):
        if not (inspect.isclass(request) and issubclass(request, Request)):
            yield f"request = {request!r} is none.", "class Move(streams.Request, tag='move')."
        elif (tag := tag_of(request)) in reserved:
            yield f"{request.__name__} is called {tag!r}, as every kind's own.", "Another tag."
        elif tag in seen:
            yield f"Two requests are called {tag!r}.", "Each has a tag of its own."
        else:
            seen.add(tag)
