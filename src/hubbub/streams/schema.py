"""What is said on a kind's sockets and in its calls, as JSON Schema: from its own types.

The requests' are msgspec's. An event's is that of the type which `Kind.show` says that it returns:
a TypedDict or a msgspec.Struct; of a plain dict nothing is known but what every event has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec

from hubbub.streams.request import describe_choice, requests_of

if TYPE_CHECKING:
    from hubbub.streams.kind import Kind

Schema = dict[str, Any]

COMPONENTS = "#/components/schemas/{}"
#: What is added to what a kind shows; the number where events are stored.
ADDED = {
    "timestamp": {"type": "string", "format": "date-time"},
    "seq": {"type": "integer", "minimum": 1},
}


def describe_parts(kind: Kind) -> dict[str, Schema]:
    """All that is referred to, by its name among the parts of every kind."""
    shown, parts = describe_event(kind)
    parts |= parts_of(kind, requests(kind))[1]
    named = {f"{kind.kind}.{name}": schema for name, schema in parts.items()}
    return named | {f"{kind.kind}.Event": shown}


def describe_requests(kind: Kind) -> list[Schema]:
    """What may be sent over HTTP: the kind's own requests."""
    return parts_of(kind, requests(kind))[0]


def describe_event(kind: Kind) -> tuple[Schema, dict[str, Schema]]:
    """An event's frame, and what is referred to."""
    try:
        shown = get_type_hints(kind.show).get("return")
        _, parts = parts_of(kind, (shown,))
    except (TypeError, NameError):  # one that msgspec does not know, or that is not imported
        shown, parts = None, {}
    named = parts.pop(getattr(shown, "__name__", ""), {})
    added = {key: schema for key, schema in ADDED.items() if key != "seq" or kind.keeps}
    properties = named.get("properties", {"type": {"type": "string"}})
    described = {
        "title": f"{kind.kind} event",
        "type": "object",
        "properties": {**properties, **added},
        "required": [*named.get("required", ["type"]), *added],
    }
    return described, parts


def describe_answer(kind: Kind, *, page: bool) -> dict[int, Schema]:
    """What is answered over HTTP: an event, or a page of events."""
    data = reference(kind, "Event")
    if page:
        data = {
            "type": "object",
            "description": "Oldest first. Nothing before `first` is kept any more.",
            "properties": {
                "events": {"type": "array", "items": data},
                "seq": {"type": "integer"},
                "first": {"type": "integer"},
                "epoch": {"type": "string"},
                "more": {"type": "boolean"},
            },
            "required": ["events", "seq", "first", "epoch", "more"],
        }
    schema = {
        "type": "object",
        "properties": {"status": {"const": "success"}, "message": {"type": "string"}, "data": data},
        "required": ["status", "message", "data"],
    }
    return {200: {"description": "OK", "content": {"application/json": {"schema": schema}}}}


def requests(kind: Kind) -> tuple[type[Any], ...]:
    """The kind's own."""
    return requests_of(kind.request)


def reference(kind: Kind, name: str) -> Schema:
    """Where a part of a kind is found."""
    return {"$ref": COMPONENTS.format(f"{kind.kind}.{name}")}


def parts_of(kind: Kind, types: Any) -> tuple[list[Schema], dict[str, Schema]]:
    """Types, each as a reference, and what is referred to."""
    template = COMPONENTS.format(f"{kind.kind}.{{name}}")
    schemas, parts = msgspec.json.schema_components(
        types, ref_template=template, schema_hook=describe_choice
    )
    return list(schemas), parts
