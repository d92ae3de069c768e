"""`/api/counter/`: where a counter stands, and changing it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest  # noqa: TC002 - Ninja reads the annotations of a view
from ninja import Router, Schema
from pydantic import ConfigDict

from hubbub.accounts.caller_auth import OPTIONAL, caller_of
from hubbub.counter.kind import counters
from hubbub.counter.messages import GLOBAL, Action
from hubbub.counter.selectors import counter_read
from hubbub.counter.services import change_entry
from hubbub.crossing import in_database
from hubbub.streams.calls import Answer, EndpointAuth, Name, OnceId, be_first, store
from hubbub.wire.codec import read_frame

#: What the service asks of a body, said in JSON Schema.
MOVE: dict[str, Any] = {"value": {"type": "integer"}}
RESET: dict[str, Any] = {"properties": {"action": {"const": "reset"}}}

router = Router(tags=["counter"], auth=EndpointAuth(counters.requires_user))


class Change(Schema):
    """A change to be made; a reset takes no notice of the value. The service checks it."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"properties": MOVE}, RESET]})

    action: Action
    value: Any = 1
    id: OnceId


class Standing(Schema):
    """A counter's value, and the number of the change that made it."""

    counter: int
    version: int


class Changed(Standing):
    """A change that was made, and the value after it."""

    action: Action
    value: int
    timestamp: str


@router.get("/{name}/", response=Answer[Standing], summary="Read", openapi_extra=OPTIONAL)
async def counter_get(request: HttpRequest, name: Name) -> Answer[Standing]:  # noqa: ARG001
    """Where a counter stands; one that nobody changed stands at 0."""
    standing = await in_database(counter_read, name=name)
    return Answer(message="Counter", data=Standing(**standing._asdict()))


@router.post("/{name}/", response=Answer[Changed], summary="Change", openapi_extra=OPTIONAL)
async def counter_change(request: HttpRequest, name: Name, change: Change) -> Answer[Changed]:
    """Change a counter and tell everyone who looks at it."""
    if name != GLOBAL:
        await be_first(counters, request, name)
    entry = change_entry(
        name=name,
        action=change.action,
        value=change.value,
        user_id=caller_of(request).user_id,
        request_id=change.id or "",
    )
    frame = await store(request, entry)
    return Answer(message="Counter changed", data=Changed(**read_frame(frame)))
