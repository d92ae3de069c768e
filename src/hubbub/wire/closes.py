"""Why a connection is closed by the server: code, reason, and whether to come back.

The codes of RFC 6455 section 7.4.1 and, from 4400 on, the published API's own.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Literal, NamedTuple

from hubbub import conf
from hubbub.observe.events import CONNECTION_CLOSED, MEMBER_TOO_SLOW
from hubbub.observe.report import report

if TYPE_CHECKING:
    from collections.abc import Callable

Return = Literal["no", "yes", "signed in", "client's choice"]


class Close(NamedTuple):
    """A goodbye. `reason` is at most 123 bytes of UTF-8 (RFC 6455 section 5.5), `why` our log's."""

    code: int
    reason: str
    come_back: Return = "yes"
    why: str = ""


NORMAL = Close(1000, "", "client's choice")
GOING_AWAY = Close(1001, "going away", "client's choice")
PROTOCOL_ERROR = Close(1002, "protocol error", "no")
INVALID_TEXT = Close(1007, "invalid UTF-8", "no")
TOO_BIG = Close(1009, "message too big", "no")
INTERNAL_ERROR = Close(1011, "internal error")
SILENT = Close(1011, "no answer to a ping")
TRY_LATER = Close(1013, "try again later")
FULL = TRY_LATER._replace(why="full")
NO_SNAPSHOT = TRY_LATER._replace(why="no snapshot")
TOO_MANY = TRY_LATER._replace(why="connections of a user")
UNAUTHENTICATED = Close(4401, "authentication required", "signed in")
TOKEN_EXPIRED = Close(4401, "token expired", "signed in")
SESSION_ENDED = Close(4401, "session ended", "signed in")
FORBIDDEN = Close(4403, "not allowed", "no")
TOO_SLOW = Close(4408, "too slow")
RATE_LIMIT = Close(4429, "rate limit")

#: What goes without saying: each one has a line of its own before, or all of them have one.
UNSAID = (1000, 1001, 1012, 4401)


def report_close(close: Close, address: str) -> None:
    """Log that we close the connection from an address."""
    if close.code not in UNSAID and close is not INTERNAL_ERROR:
        event = MEMBER_TOO_SLOW if close.code == TOO_SLOW.code else CONNECTION_CLOSED
        report(event, close.why or close.reason, code=close.code, address=address)


def restarting(retry_after_ms: int) -> Close:
    """The goodbye of a server that is about to be back: come again after so many milliseconds."""
    return Close(1012, f"server restarting retry_after_ms={retry_after_ms}")


def farewell(chance: Callable[[], float] = random.random) -> Close:
    """That goodbye with a moment of its own for each client: they do not all return at once."""
    return restarting(round(1000 * (0.2 + conf.current().drain_seconds * chance())))
