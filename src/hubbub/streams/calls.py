"""What the HTTP calls of every kind share; built-in kinds have theirs in their own `api.py`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import Field

from hubbub.accounts.caller_auth import address_of, caller_of
from hubbub.crossing import in_database, in_reading_lane
from hubbub.errors import OverloadedError
from hubbub.http.answer import Answer
from hubbub.http.body import take_body
from hubbub.http.endpoint import EndpointAuth, LimitedAuth, Name, UserAuth, sender_for
from hubbub.journal.append import append
from hubbub.streams.answers import ask_for_call
from hubbub.streams.asking import check_first
from hubbub.streams.request import PAGE
from hubbub.streams.rights import OPEN
from hubbub.streams.selectors import event_find, history_page, oldest_seq
from hubbub.wire.absent import absent
from hubbub.wire.codec import LARGEST, encode
from hubbub.wire.names import ID_LENGTH

if TYPE_CHECKING:
    from hubbub.journal.entry import Entry
    from hubbub.streams.kind import Kind
    from hubbub.streams.rights import Rights

__all__ = [
    "Answer",
    "EndpointAuth",
    "LimitedAuth",
    "Name",
    "OnceId",
    "Page",
    "UserAuth",
    "append",
    "be_first",
    "check_again",
    "read_page",
    "rights_in",
    "sender_for",
    "store",
    "take_body",
]


#: What is said in place of what is there.
NOTHING_KEPT = "Nothing is kept"


#: What a body may have beside what it asks for.
OnceId = Annotated[
    str,
    Field(
        default_factory=absent,
        min_length=1,
        max_length=ID_LENGTH,
        description="Sent again by the same sender, the same is done once.",
    ),
]


class Page(Schema):
    """Which events: the last ones before `before`, or the first ones after `after`."""

    before: int = Field(default_factory=absent, ge=1, le=LARGEST)
    after: int = Field(default_factory=absent, ge=0, le=LARGEST)
    limit: int = Field(50, ge=1, le=PAGE)


async def read_page(
    kind: Kind, request: HttpRequest, name: str, page: Page, message: str
) -> HttpResponse:
    """A page of a stream's events, for a caller who may read; an empty one where none are kept.

    Raises a Refusal.
    """
    (await rights_in(kind, request, name)).require("read")
    if kind.keeps:
        body = await in_reading_lane(partial(page_body, kind, name, page, message))
        (await rights_in(kind, request, name)).require("read")  # it may have taken its time
    else:
        body = page_answer(NOTHING_KEPT, kind.no_history(), 1)
    return HttpResponse(body, content_type="application/json")


def page_body(kind: Kind, name: str, page: Page, message: str) -> bytes:
    """The answer with a page; its events are JSON already. Blocking."""
    stream = kind.stream_of(name)
    found = history_page(stream=stream, limit=page.limit, before=page.before, after=page.after)
    return page_answer(message, found, oldest_seq(stream=stream))


def page_answer(message: str, page: Any, first: int) -> bytes:
    """A page of which nothing before `first` is kept."""
    data = msgspec.structs.asdict(page) | {"first": first}
    return encode({"status": "success", "message": message, "data": data})


async def rights_in(kind: Kind, request: HttpRequest, name: str) -> Rights:
    """What a caller may in a stream. Raises ForbiddenError for one who may not enter.

    What takes its time asks before it and after it: mostly that is remembered.
    """
    rights = await ask_for_call(kind.stream_of(name), caller_of(request))
    rights.require("enter")
    return rights


async def be_first(kind: Kind, request: HttpRequest, name: str, rights: Rights = OPEN) -> None:
    """Ask whether what a caller sends may be the stream's first. Raises a Refusal."""
    await check_first(kind, name, caller_of(request), address_of(request), rights)


async def check_again(kind: Kind, request: HttpRequest, name: str, before: Rights) -> None:
    """Ask whether a caller may still send, who had these rights before. Raises a Refusal."""
    rights = await rights_in(kind, request, name)
    rights.require("send")
    if before.begin and not rights.begin:
        await be_first(kind, request, name, rights)


async def store(request: HttpRequest, entry: Entry) -> bytes:
    """Store what a call asks for; its event's frame, also where an `id` had it stored before.

    Raises a Refusal: OverloadedError where that one was just pruned.
    """
    stored = await append(entry, sender_for(request))
    frame = stored.frame or await in_database(event_find, stream=entry.stream, seq=stored.seq)
    if not frame:
        raise OverloadedError
    return frame
