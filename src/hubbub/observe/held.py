"""What the process holds back, told when its minute is over, or when the process ends.

A thread waits for that, and only while something is held back: events come from every thread, and
many of them have no event loop.
"""

from __future__ import annotations

import atexit
import math
import re
import time
from contextlib import suppress
from logging import WARNING, Filter, LogRecord, getLogger, makeLogRecord
from threading import Lock, Thread
from typing import TYPE_CHECKING

from hubbub.anew import forgotten_by
from hubbub.observe.flood import Flood

if TYPE_CHECKING:
    from hubbub.observe.flood import Window

flood: Flood[LogRecord] = Flood()
#: Characters of a foreign message that tell kinds apart; it may have a peer's words in it.
TEMPLATE = 80
#: Seconds between two looks at whether a minute is over.
SLICE = 1.0

_lock = Lock()
_thread: Thread | None = None


def keep(window: Window[LogRecord], record: LogRecord) -> None:
    """Keep a sample of what is held back, and see to it that it is told."""
    record.exc_info = record.exc_text = None  # of a traceback's frames much else hangs
    window.sample = record
    with _lock:
        global _thread  # noqa: PLW0603 - one a process, while it is needed
        if _thread is None:
            _thread = Thread(target=_wait_and_tell, name="hubbub-log", daemon=True)
            _thread.start()


def _wait_and_tell() -> None:
    global _thread  # noqa: PLW0603
    while True:
        with _lock:
            if not flood.holds():
                _thread = None
                return
        time.sleep(SLICE)
        tell(time.monotonic())


def tell(now: float = math.inf) -> None:
    """Tell what was held back in the windows that are over; without `now`, in all of them."""
    for held, sample in flood.take_due(now):
        if sample is not None:
            with suppress(Exception):  # of a project's own handler: it spoils no other's line
                getLogger(sample.name).handle(summary(held, sample))


def summary(held: int, sample: LogRecord) -> LogRecord:
    """The sample's line as of now, with how many there were."""
    told = f"{sample.getMessage()} held={held}"
    now = time.time()
    return makeLogRecord(
        sample.__dict__
        | {"msg": "%s", "args": (told,), "held": held, "created": now, "msecs": now % 1 * 1000}
    )


#: Of a record: an event of ours, a count, or one that a filter before let through.
PASSED = ("event", "held", "admitted")
VARYING = re.compile(r"""'[^']*'|"[^"]*"|[0-9]+""")
LIBRARIES = ("asyncio", "uvicorn.error", "uvicorn.asgi")


class Foreign(Filter):
    """Holds back what others log in floods: uvicorn, asyncio, and in our own site Django."""

    def filter(self, record: LogRecord) -> bool:
        """Whether a record may be told now."""
        if record.levelno < WARNING or any(hasattr(record, name) for name in PASSED):
            return True
        kind = (record.levelno, kind_of(record))
        if record.name.startswith("django.security"):
            record.exc_info = None  # a peer's doing: the traceback shows where Django looked
        window = flood.admit(record.name, kind, time.monotonic())
        if window is not None and window.sample is None:
            keep(window, makeLogRecord(record.__dict__))
        record.admitted = window is None
        return window is None


def kind_of(record: LogRecord) -> str:
    """What a foreign line is about: the exception's type, or the message without what varies."""
    if record.exc_info and record.exc_info[0] is not None:
        return record.exc_info[0].__name__
    return VARYING.sub("", str(record.msg))[:TEMPLATE]


foreign = Foreign()


def hold_foreign() -> None:
    """Hold back what the server's own libraries log, whatever handlers a project has."""
    for name in LIBRARIES:
        getLogger(name).addFilter(foreign)


def forget() -> None:
    """Begin anew in a child process, which has none of the parent's threads."""
    global _lock, _thread
    _lock, _thread = Lock(), None
    flood.clear()


atexit.register(tell)
forgotten_by(forget)
