"""Why a kind cannot be used, each a numbered check of Django's with a way out."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from hubbub.database import is_event_table
from hubbub.journal.models import StoredEvent
from hubbub.streams.event import Event
from hubbub.streams.kind import NOTHING, Keep, Kind
from hubbub.streams.messages import FRAMES
from hubbub.streams.permissions import METHODS, unasked
from hubbub.streams.request import (
    AskHistory,
    Request,
    asked_type,
    describe_choice,
    requests_of,
    tag_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WORD = re.compile(r"[a-z][a-z0-9]{0,31}")
PATH = re.compile(r"(?:[A-Za-z0-9_.-]+/)+<name>/")
#: The path of the socket for many streams.
MANY = "ws/"


#: How a model keeps the constraints that it has of `streams.Event`.
DERIVE = (
    "class Meta(streams.Event.Meta), with constraints = [*streams.Event.Meta.constraints, …];"
    " beside an abstract model of yours: class Step(streams.Event, Stamped)."
)
#: What a project says of its kind.
SAID = {"event", "kind", "path", "request", "keep", "keep_days", "keep_events", "blocking"}
SAID |= {"make", "show"}
#: What the methods of a kind are given.
GIVEN = dict.fromkeys(METHODS, "caller, name")
GIVEN |= {"make": "caller, name, request", "show": "event"}
#: What has another table, or another layer, than a project's own kind.
STEPS = {"build_table", "open_layer"}
#: The other names of a kind, which the house uses; those in __ are Python's own of each class.
HOUSE = {name for name in vars(Kind) if not name.startswith("__")} | {"table", "gate"}
HOUSE -= SAID | STEPS


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
    """hubbub.E012: another kind has its word, its path or its table."""
    event: Any = getattr(kind, "event", None)
    if start_of(kind) == MANY:
        yield f"path = {kind.path!r} is taken.", "Each kind has a path of its own."
    for other in others:
        if is_anew(kind, other):
            continue
        owner = f"{type(other).__module__}.{type(other).__qualname__}"
        if kind.kind in {other.kind, *other.table.kinds}:
            yield f"kind = {kind.kind!r} is taken by {owner}.", "Each kind has a word of its own."
        if start_of(kind) == start_of(other):
            yield f"path = {kind.path!r} is taken by {owner}.", "Each kind has a path of its own."
        if table_name(event) is not None and table_name(event) == table_name(other.event):
            yield (
                f"the events of {owner} are in the table of {event.__name__} too.",
                "Each kind has a model of its own: they may share an abstract one.",
            )


def start_of(kind: Kind | type[Kind]) -> str:
    """The path of its sockets up to the name."""
    return kind.path.removesuffix("<name>/")


def is_anew(kind: type[Kind], other: Kind) -> bool:
    """Whether a kind is another one whose module was loaded once more."""
    known = type(other)
    return (kind.__module__, kind.__qualname__) == (known.__module__, known.__qualname__)


def table_name(event: Any) -> str | None:
    """The table of a model, None for what has none."""
    return getattr(getattr(event, "_meta", None), "db_table", None)


def events_of(kind: type[Kind]) -> Iterator[tuple[str, str]]:
    """hubbub.E013: its events have no table, or one that the journal cannot write or prune."""
    for key in ("keep_days", "keep_events"):
        most = getattr(kind, key)
        if most is not None and (type(most) is not int or most < 1):
            yield f"{key} = {most!r} is no number of them.", f"{key} = 30; without it all are kept."
    event: Any = getattr(kind, "event", None)
    keep: Any = kind.keep
    if keep is NOTHING:
        yield from passing_events_of(event)
        return
    if not isinstance(keep, Keep):
        yield f"keep = {keep!r} is none.", "keep = streams.NOTHING, or keep_days = 30."
    hint = "event = Step, with class Step(streams.Event)."
    if not (inspect.isclass(event) and issubclass(event, Event)):
        yield "event is no model of events.", hint
    elif event._meta.abstract:
        yield f"event = {event.__name__} is abstract, and has no table.", hint
    else:
        yield from table_of(event)


def table_of(event: type[Event]) -> Iterator[tuple[str, str]]:
    """What the journal would stumble over in a model."""
    meta, name = event._meta, event.__name__
    if len(unique_names(event)) < len(Event.Meta.constraints):
        yield (
            f"{name} lacks the constraints of streams.Event.",
            DERIVE,
        )
    if meta.parents:
        yield f"{name} has columns in another table.", "It derives from abstract models alone."
    if not is_event_table(event):
        yield f"{name}.objects is not that of streams.Event.", "Another name for your own."
    own: dict[str, Any] = {field.name: field for field in meta.concrete_fields}
    for field in StoredEvent._meta.local_fields:
        if getattr(own.get(field.name), "creation_counter", None) != field.creation_counter:
            yield f"{name}.{field.name} is not that of streams.Event.", "Another name for your own."
    for field in meta.concrete_fields:
        if isinstance(getattr(Event, field.attname, None), property):
            yield f"{name}.{field.attname} is that of streams.Event.", "Another name for your own."
        if is_made_there(field):
            yield f"{name}.{field.name} gets its value from the database.", "Give it a default=."


def is_made_there(field: Any) -> bool:
    """Whether only the database knows a field's value, though members are told it before."""
    return bool(field.generated or (field.has_db_default() and not field.has_default()))


def passing_events_of(event: Any) -> Iterator[tuple[str, str]]:
    """hubbub.E013, where nothing is kept: its events are of no class, or of one that has none."""
    if not inspect.isclass(event):
        yield "event is no class.", "event = Moved: a dataclass, a msgspec.Struct or a model."
    elif inspect.isabstract(event) or is_abstract_model(event):
        yield f"event = {event.__name__} is abstract.", "event = a class that events are of."


def is_abstract_model(event: type[Any]) -> bool:
    """Whether no event can be of a model."""
    return bool(getattr(getattr(event, "_meta", None), "abstract", False))


def unique_names(event: type[Event]) -> set[tuple[str, ...]]:
    """The fields that are unique together, among those that the journal relies on."""
    needed = {tuple(constraint.fields) for constraint in Event.Meta.constraints}
    return needed & {tuple(getattr(one, "fields", ())) for one in event._meta.constraints}


def methods_of(kind: type[Kind]) -> Iterator[tuple[str, str]]:
    """hubbub.E014: it does not say how an event is shown or made, or says what is not asked."""
    for name in sorted(HOUSE & {name for one in own_classes(kind) for name in vars(one)}):
        yield f"{name} is a name of streams.Kind itself.", "Another name for your own."
    for name in unasked(kind):
        yield f"{name} is asked by nobody.", f"One of {', '.join(METHODS)}; or another name."
    if kind.show is Kind.show:
        yield "show(self, event) is missing.", "It returns the keys of an event's frame."
    elif inspect.iscoroutinefunction(kind.show):
        yield "show is async.", "A def: it is called beside the database, and may use it."
    if kind.request is not None and kind.make is Kind.make:
        yield (
            "make(self, caller, name, request) is missing, though there are requests.",
            "It returns the event that a request asks for; or request = None.",
        )
    for name, given in GIVEN.items():
        if not takes(getattr(object.__new__(kind), name), given):
            yield f"{name} cannot be called with what it is given.", f"def {name}(self, {given})."


def takes(method: Any, given: str) -> bool:
    """Whether a method can be called with such arguments, in this order."""
    try:
        inspect.signature(method).bind(*given.split(", "))
    except (TypeError, ValueError):
        return False
    return True


def own_classes(kind: type[Kind]) -> list[type[Any]]:
    """The classes of a project's that a kind is made of."""
    return [one for one in kind.__mro__ if one not in Kind.__mro__]


def asked_of(kind: type[Kind]) -> Iterator[tuple[str, str]]:
    """hubbub.E015: a request is none, or is called like one that every kind has."""
    reserved = {tag_of(AskHistory), *FRAMES}
    seen: set[str] = set()
    wrong = False
    for request in () if kind.request is None else requests_of(kind.request):
        wrong = True
        if not (inspect.isclass(request) and issubclass(request, Request)):
            yield f"request = {request!r} is none.", "class Move(streams.Request, tag='move')."
        elif (tag := tag_of(request)) in reserved:
            yield f"{request.__name__} is called {tag!r}, as every kind's own.", "Another tag."
        elif tag in seen:
            yield f"Two requests are called {tag!r}.", "Each has a tag of its own."
        elif type_of_id(request) != type_of_id(Request):
            yield f"{request.__name__}.id is not that of streams.Request.", "Another name for it."
        elif request.__struct_config__.forbid_unknown_fields:
            yield (
                f"{request.__name__} forbids keys that it does not know, and /ws/ adds 'stream'.",
                "Without forbid_unknown_fields.",
            )
        elif "stream" in (one.encode_name for one in msgspec.structs.fields(request)):
            yield (
                f"{request.__name__} has a key 'stream', which /ws/ reads.",
                "Another name for it.",
            )
        else:
            seen.add(tag)
            wrong = False
    if not wrong and (complaint := unreadable(kind)):
        yield f"request cannot be read: {complaint}.", "Keys of types that msgspec reads from JSON."


def type_of_id(request: type[Request]) -> object:
    """What a request says that its id is."""
    return next(field.type for field in msgspec.structs.fields(request) if field.name == "id")


def unreadable(kind: type[Kind]) -> str:
    """Why a client's frames cannot be read or described, in a phrase; empty where they can."""
    try:
        msgspec.json.Decoder(asked_type(kind.request))
        msgspec.json.schema_components(requests_of(kind.request), schema_hook=describe_choice)
    except (TypeError, NameError) as error:
        return str(error).rstrip(".")
    return ""
