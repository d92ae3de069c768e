"""Logging an event of the catalogue, held to one line a minute and kind.

The transport is Python's `logging`: a project's handlers, and whatever else reads records, see an
event as a message in one line, and its fields as attributes of the record.
"""

from __future__ import annotations

from logging import DEBUG, ERROR
from time import monotonic
from typing import TYPE_CHECKING

from structlog.processors import LogfmtRenderer

from hubbub.errors import OverloadedError, RateLimitedError, UnauthenticatedError
from hubbub.observe.clean import clean, sentence_of
from hubbub.observe.events import CREDENTIAL_REFUSED, OVERLOADED, RATE_LIMITED
from hubbub.observe.handler import listen
from hubbub.observe.held import flood, keep

if TYPE_CHECKING:
    from logging import LogRecord

    from hubbub.errors import Refusal
    from hubbub.observe.events import Event

REFUSALS: tuple[tuple[type[Refusal], Event], ...] = (
    (UnauthenticatedError, CREDENTIAL_REFUSED),
    (RateLimitedError, RATE_LIMITED),
    (OverloadedError, OVERLOADED),
)

logfmt = LogfmtRenderer()


def report(
    event: Event, reason: str = "", *, error: BaseException | None = None, **fields: object
) -> None:
    """Log an event with its fields. From any thread; 1 µs where it is held back.

    `error` is told in a line, and with its traceback where the event's level is ERROR. DEBUG is
    for an operator who wants to see each one, so nothing of it is held back.
    """
    logger = event.logger
    logger.disabled = False  # dictConfig disables what it does not name, and means no harm
    if not logger.isEnabledFor(event.level):
        return
    if event.level > DEBUG:
        window = flood.admit(event, reason, monotonic())
        if window is not None:
            if window.sample is None:
                keep(window, record_of(event, reason, error, fields))
            return
    listen()
    logger.handle(record_of(event, reason, error, fields))


def report_refusal(refusal: Refusal, other: Event, **fields: object) -> None:
    """Log a refusal under the event of its kind, else under its door's `other`."""
    event = next((event for kind, event in REFUSALS if isinstance(refusal, kind)), other)
    report(event, refusal.why, error=None, **fields)


def record_of(
    event: Event, reason: str, error: BaseException | None, fields: dict[str, object]
) -> LogRecord:
    """The record of an event: `handshake_refused reason=origin address=192.0.2.1`."""
    if error is not None:
        fields["error"] = sentence_of(error)
    given = {"reason": reason} | fields
    told = {name: clean(value) for name, value in given.items() if value not in (None, "")}
    text = logfmt(None, "", dict(told))
    return event.logger.makeRecord(
        event.logger.name,
        event.level,
        event.name,  # as the file
        0,
        f"{event.name} %s" if text else event.name,
        (text,) if text else (),
        (type(error), error, error.__traceback__) if error and event.level >= ERROR else None,
        extra={"event": event.name, **told},
    )
