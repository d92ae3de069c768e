"""How a kind's own code is asked from the event loop for the event that a request wants.

Whatever that code raises becomes a Refusal here, for both doors: what Django's own exceptions mean
is told as what it is, and what nobody foresaw is logged with its traceback.
"""

from __future__ import annotations

import asyncio
from inspect import iscoroutine, iscoroutinefunction
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404

from hubbub.accounts.beginnings import check_beginning, may_begin
from hubbub.crossing import in_asking_lane, in_database, is_our_end
from hubbub.errors import (
    FailedError,
    ForbiddenError,
    InvalidValueError,
    NotFoundError,
    OverloadedError,
    Refusal,
)
from hubbub.observe.events import EVENT_NOT_MADE
from hubbub.observe.report import report
from hubbub.streams.event import Event
from hubbub.streams.refusals import told_error
from hubbub.streams.turn import turn_of
from hubbub.wire.finite import check_finite
from hubbub.wire.keys import write_key

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller
    from hubbub.streams.kind import Kind
    from hubbub.streams.rights import Rights

#: Seconds in which `Kind.make` has to answer.
MAKE_SECONDS = 10.0
#: What Django's exceptions, and that of a time that is over, mean to a client.
MEANT: tuple[tuple[type[Exception], type[Refusal], str], ...] = (
    (PermissionDenied, ForbiddenError, "PermissionDenied"),
    (Http404, NotFoundError, "Http404"),
    (ObjectDoesNotExist, NotFoundError, "DoesNotExist"),
    (OperationalError, OverloadedError, "database"),
    (InterfaceError, OverloadedError, "database"),
    (TimeoutError, OverloadedError, "make"),
)


async def check_first(kind: Kind, name: str, caller: Caller, address: str, rights: Rights) -> None:
    """Let a caller send what may be a stream's first event; where nothing is kept each is one.

    Raises ForbiddenError, RateLimitedError and DatabaseError.
    """
    allowed, may = kind.beginners(), rights.begin
    if kind.keeps:
        await check_beginning(kind.stream_of(name), caller, address, allowed, may=may)
    elif not may_begin(caller, allowed, may=may):
        raise ForbiddenError("begin")


async def make(kind: Kind, caller: Caller, name: str, request: Any) -> Any:
    """The event, of plain Django code off the loop, or of async code. Raises a Refusal.

    Where the code says no to what is stored under the request's `id`, that is the event: sent
    again, it is not looked at anew.
    """
    check_finite(request)
    try:
        async with asyncio.timeout(MAKE_SECONDS), turn_of(f"{kind.stream_of(name)} make"):
            return checked(kind, await ask(kind, caller, name, request))
    except BaseException as error:
        if is_our_end(error):
            raise
        refusal = refusal_of(kind, name, error)
    if kind.keeps and request.id and not isinstance(refusal, OverloadedError):
        key = kind.stream_of(name), write_key(caller.user_id), request.id
        if (stored := await in_database(kind.table.stored, *key)) is not None:
            return stored
    raise refusal


async def ask(kind: Kind, caller: Caller, name: str, request: Any) -> object:
    """What a kind's `make` answers."""
    if iscoroutinefunction(kind.make):
        return await kind.make(caller, name, request)
    if not kind.blocking:
        return kind.make(caller, name, request)
    return await in_asking_lane(kind.make, caller, name, request)


def make_here(kind: Kind, caller: Caller, name: str, request: Any) -> Any:
    """The event, of plain code that asks no database, on this thread. Raises a Refusal."""
    check_finite(request)
    try:
        return checked(kind, kind.make(caller, name, request))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - of a project's code
        raise refusal_of(kind, name, error) from None


def checked(kind: Kind, made: object) -> Any:
    """What was made. Raises TypeError for what is no event of the kind, such as a forgotten one."""
    if iscoroutine(made):
        made.close()
    if not isinstance(made, kind.event):
        raise TypeError(f"make answers {type(made).__name__}, no {kind.event.__name__}")
    if isinstance(made, Event) and not made._state.adding:
        raise TypeError("make answers an event that is saved already")
    return made


def refusal_of(kind: Kind, name: str, error: BaseException) -> Refusal:
    """What a client is told of what a kind's code has raised."""
    error = told_error(error)
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ValidationError):
        return value_refusal(error)
    for meant, refusal, why in MEANT:
        if isinstance(error, meant):
            return refusal(why)
    report(EVENT_NOT_MADE, type(error).__name__, error=error, stream=kind.stream_of(name))
    return FailedError("make")


def value_refusal(error: ValidationError) -> Refusal:
    """What Django's complaint of a value is: the key, where it names one, and its sentences."""
    named = getattr(error, "error_dict", {})
    field = next((key for key in named if key != "__all__"), "")
    return InvalidValueError(error.messages, field=field)
