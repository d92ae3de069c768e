"""`/api/streams/{kind}/{name}/`: what was told in a stream of a project's own kind, and asking."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from hubbub.accounts.caller_auth import OPTIONAL, address_of, caller_of
from hubbub.crossing import in_reading_lane
from hubbub.fanout.frame import content
from hubbub.journal.read import extent
from hubbub.streams.asking import check_first, make
from hubbub.streams.calls import BodyParser, LimitedAuth, Name, rights_in, store
from hubbub.streams.messages import NO_HISTORY
from hubbub.streams.publishing import event_entry
from hubbub.streams.request import PAGE
from hubbub.streams.schema import describe_answer, describe_requests
from hubbub.streams.selectors import history_page
from hubbub.wire.absent import absent
from hubbub.wire.codec import LARGEST, convert, encode

if TYPE_CHECKING:
    from hubbub.streams.kind import Kind
    from hubbub.streams.messages import History


class Page(Schema):
    """Which events: the last ones before `before`, or the first ones after `after`."""

    before: int = Field(default_factory=absent, ge=1, le=LARGEST)
    after: int = Field(default_factory=absent, ge=0, le=LARGEST)
    limit: int = Field(50, ge=1, le=PAGE)


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
        (await rights_in(kind, request, name)).require("read")
        if not kind.keeps:
            return HttpResponse(NOTHING_KEPT, content_type="application/json")
        body = await in_reading_lane(partial(page_body, stream=kind.stream_of(name), page=page))
        return HttpResponse(body, content_type="application/json")

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
    caller, asked = caller_of(request), convert(BodyParser().parse_body(request), kind.request)
    rights.require("send")
    await check_first(kind, name, caller, address_of(request), rights)
    event = await make(kind, caller, name, asked)
    user_id, request_id = caller.user_id, asked.id or ""
    return await store(
        request, event_entry(kind.kind, name, event, user_id=user_id, request_id=request_id)
    )


def page_body(*, stream: str, page: Page) -> bytes:
    """The answer with a page; its events are JSON already. Blocking."""
    found = history_page(stream=stream, limit=page.limit, before=page.before, after=page.after)
    return page_answer("Events", found, extent(stream).first_seq)


def page_answer(message: str, found: History, first: int) -> bytes:
    """A page of which nothing before `first` is kept."""
    data = msgspec.structs.asdict(found) | {"first": first}
    return encode({"status": "success", "message": message, "data": data})


NOTHING_KEPT = page_answer("Nothing is kept", NO_HISTORY, 1)


def describe_body(kind: Kind) -> dict[str, Any]:
    """What may be sent, as OpenAPI describes it."""
    schema = {"oneOf": describe_requests(kind)}
    return {"required": True, "content": {"application/json": {"schema": schema}}}
