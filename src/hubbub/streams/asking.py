"""How a kind's own code is asked from the event loop for the event that a request wants."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, cast

from hubbub.crossing import in_asking_lane

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller
    from hubbub.streams.event import Event
    from hubbub.streams.kind import Kind


async def make(kind: Kind, caller: Caller, name: str, request: Any) -> Event:
    """The event, of plain Django code off the loop, or of async code. Raises what that raises."""
    if iscoroutinefunction(kind.make):
        return cast("Event", await kind.make(caller, name, request))
    if not kind.blocking:
        return make_here(kind, caller, name, request)
    return await in_asking_lane(make_here, kind, caller, name, request)


def make_here(kind: Kind, caller: Caller, name: str, request: Any) -> Event:
    """The same of plain code, on this thread."""
    return cast("Event", kind.make(caller, name, request))
