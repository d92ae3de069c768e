"""Who stands between the server and a door, and which way a connection takes therefore.

On our own server a door hands the connection over and its call ends at the accept: no task waits
for it. That is invisible to whoever stands between, and so two of them are looked for. One wraps
`receive` or `send`, to see or to change what is said: then all goes through them, as on any other
server. One waits for the call to end, to count who is there: then the call lasts.
"""

from __future__ import annotations

from functools import lru_cache
from inspect import currentframe
from typing import TYPE_CHECKING, Any, NamedTuple

from channels.sessions import InstanceSessionWrapper

from hubbub.anew import forgotten_by
from hubbub.observe.events import CONNECTIONS_FOLLOWED
from hubbub.observe.report import report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubbub.fanout.outlet import Socket

#: Packages whose applications do nothing once the one that they call has returned.
PASSING = ("hubbub", "channels", "django", "uvicorn")
#: Where our server calls the application, and a member of a test.
CALLERS = ("hubbub.server.call", "hubbub.testing.dial")


class Way(NamedTuple):
    """The server's own socket, if it is to be used, and whether the call lasts as long as it."""

    socket: Socket | None = None
    lasting: bool = False


def find_way(scope: Mapping[str, Any], receive: Any, send: Any, fast_path: str) -> Way:
    """The way of a connection; `fast_path` is the setting: auto, on or off."""
    offer = scope.get("extensions", {}).get("hubbub.socket")
    if offer is None or fast_path == "off":
        return Way()
    if fast_path == "on":
        return Way(offer["socket"])
    owner = offer.get("owner")
    for given, name in ((unwrapped(send), "send"), (receive, "receive")):
        if owner is not None and getattr(given, "__self__", None) is not owner():
            tell_once(f"{name} is wrapped", name_of(given))
            return Way()
    waiting = who_waits()
    if waiting:
        tell_once("the call is awaited", waiting)
    return Way(offer["socket"], lasting=bool(waiting))


def unwrapped(send: Any) -> Any:
    """What Channels' sessions have wrapped: they look at answers of HTTP alone."""
    wrapper = getattr(send, "__self__", None)
    return wrapper.real_send if isinstance(wrapper, InstanceSessionWrapper) else send


def who_waits() -> str:
    """Who awaits us, on the way from the server's call to here; empty for nobody else.

    Each that awaits another has a frame below it as long as that runs.
    """
    frame = currentframe()
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module in CALLERS:
            return ""
        if module.partition(".")[0] not in PASSING:
            return f"{module}.{frame.f_code.co_qualname}"
        frame = frame.f_back
    return "a task of its own"


def name_of(call: Any) -> str:
    """What a person looks for who wants to know what it is."""
    named = call if hasattr(call, "__qualname__") else type(call)
    return f"{named.__module__}.{named.__qualname__}"


@lru_cache(maxsize=32)
def tell_once(reason: str, by: str) -> None:
    """Log it of the first connection."""
    report(CONNECTIONS_FOLLOWED, reason, by=by)


forgotten_by(tell_once.cache_clear)
