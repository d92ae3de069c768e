"""`/api/streams/{kind}/{name}/`: what was told in a stream of a project's own kind, and asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from hubbub.accounts.caller_auth import OPTIONAL, caller_of
from hubbub.fanout.frame import content
from hubbub.streams.asking import make
from hubbub.streams.calls import (
    LimitedAuth,
    Name,
    Page,
    be_first,
    check_again,
    read_page,
    rights_in,
    store,
    take_body,
)
from hubbub.streams.publishing import event_entry
from hubbub.streams.schema import describe_answer, describe_requests
from hubbub.wire.codec import encode

if TYPE_CHECKING:
    from hubbub.streams.kind import Kind


def build_router(kind: Kind) -> Router:
    """The calls of one kind: reading, and where clients may send something, sending it."""
    router = Router(tags=[kind.kind], auth=LimitedAuth())

    @router.get(
        "/{name}/",
        summary=f"Read {kind.kind} events",
        operation_id=f"{kind.kind}_events",
        openapi_extra={**OPTIONAL, "responses": describe_answer(kind, page=True)},
    )
    async def events(request: HttpRequest, name: Name, page: Query[Page]) -> HttpResponse:
        """A page of events, oldest first: the last ones, or those before or after a `seq`."""
        return await read_page(kind, request, name, page, "Events")

    if kind.request is not None:

        @router.post(
            "/{name}/",
            summary=f"Send to a {kind.kind} stream",
            operation_id=f"{kind.kind}_send",
            openapi_extra={
                **OPTIONAL,
                "requestBody": describe_body(kind),
                "responses": describe_answer(kind, page=False),
            },
        )
        async def send(request: HttpRequest, name: Name) -> HttpResponse:
            """Have an event stored, where any is, and told to everyone who hears the stream."""
            frame = await send_to(kind, request, name)
            answer = {"status": "success", "message": "Stored" if kind.keeps else "Told"}
            return HttpResponse(
                encode({**answer, "data": msgspec.Raw(content(frame))}),
                content_type="application/json",
            )

    return router


async def send_to(kind: Kind, request: HttpRequest, name: str) -> bytes:
    """Store what a body asks for; its event's frame. Raises a Refusal."""
    rights = await rights_in(kind, request, name)
    caller, asked = caller_of(request), kind.read_call(take_body(request))
    rights.require("send")
    await be_first(kind, request, name, rights)
    event = await make(kind, caller, name, asked)
    await check_again(kind, request, name, rights)
    user_id, request_id = caller.user_id, asked.id or ""
    return await store(
        request, event_entry(kind.kind, name, event, user_id=user_id, request_id=request_id)
    )


def describe_body(kind: Kind) -> dict[str, Any]:
    """What may be sent, as OpenAPI describes it."""
    schema = {"oneOf": describe_requests(kind)}
    return {"required": True, "content": {"application/json": {"schema": schema}}}
