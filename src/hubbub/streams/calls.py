"""What the HTTP calls of every kind share; built-in kinds have theirs in their own `api.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub import conf
from hubbub.accounts.beginnings import check_beginning
from hubbub.accounts.caller_auth import address_of, caller_of
from hubbub.crossing import in_database
from hubbub.errors import OverloadedError
from hubbub.http.answer import Answer
from hubbub.http.body import BodyParser
from hubbub.http.endpoint import EndpointAuth, LimitedAuth, Name, sender_for
from hubbub.journal.append import append
from hubbub.streams.reviews import ask_for_call
from hubbub.streams.selectors import event_find

if TYPE_CHECKING:
    from django.http import HttpRequest

    from hubbub.conf import Begin
    from hubbub.journal.log import Entry
    from hubbub.streams.kind import Kind
    from hubbub.streams.permissions import Rights

__all__ = [
    "Answer",
    "BodyParser",
    "EndpointAuth",
    "LimitedAuth",
    "Name",
    "be_first",
    "rights_in",
    "store",
]


async def rights_in(kind: Kind, request: HttpRequest, name: str) -> Rights:
    """What a caller may in a stream. Raises ForbiddenError for one who may not enter."""
    rights = await ask_for_call(kind.stream_of(name), caller_of(request))
    rights.require("enter")
    return rights


async def be_first(kind: Kind, request: HttpRequest, name: str, *, may: bool = True) -> None:
    """Ask whether what a caller sends may be the stream's first. Raises a Refusal."""
    allowed: Begin = getattr(conf.current(), kind.begins) if kind.begins else "anyone"
    stream, address = kind.stream_of(name), address_of(request)
    await check_beginning(stream, caller_of(request), address, allowed, may=may)


async def store(request: HttpRequest, entry: Entry) -> bytes:
    """Store what a call asks for; its event's frame, also where an `id` had it stored before.

    Raises a Refusal: OverloadedError where that one was just pruned.
    """
    stored = await append(entry, sender_for(request))
    frame = stored.frame or await in_database(event_find, stream=entry.stream, seq=stored.seq)
    if not frame:
        raise OverloadedError
    return frame
