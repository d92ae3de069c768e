"""What a project's own code tells to the streams of its kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubbub.errors import FailedError, InvalidFormatError, Refusal
from hubbub.journal.append import append, append_now, stores_now, stores_soon
from hubbub.journal.entry import Entry, Stored, Told
from hubbub.observe.events import EVENT_NOT_SHOWN
from hubbub.observe.report import report
from hubbub.streams.event import Event
from hubbub.streams.refusals import told_error
from hubbub.streams.registry import kind_of
from hubbub.wire.keys import write_key
from hubbub.wire.names import is_name
from hubbub.wire.plain import plain_id, plain_stamp, plain_text

if TYPE_CHECKING:
    from hubbub.streams.kind import Kind

__all__ = [
    "Entry",
    "Stored",
    "Told",
    "append",
    "append_now",
    "apublish",
    "event_entry",
    "publish",
    "stores_now",
    "stores_soon",
]


def event_entry(
    kind: str,
    name: object,
    event: Any,
    *,
    user_id: object = None,
    request_id: str = "",
) -> Entry:
    """What is to be stored of an event, or where the kind keeps nothing told of it.

    Raises InvalidFormatError for what no stream can be called, LookupError for a kind that is not
    registered, TypeError for an event of another class, or one that is saved.
    """
    known, name = kind_of(kind), name_text(name)
    if not isinstance(event, known.event):
        wanted = known.event.__name__
        raise TypeError(f"an event of {kind!r} is a {wanted}, not {type(event).__name__}")
    stamp, sender = plain_stamp(None), write_key(user_id)
    if isinstance(event, Event):
        if not event._state.adding and not event.request_id:
            raise TypeError("the event is saved already: publish is what saves it")
        stamp = plain_stamp(event.timestamp or stamp)
        event.name, event.timestamp, event.sender = name, stamp, sender
    told = None if known.keeps else tell_of(known, name, event, stamp)
    return Entry(known.table, known.stream_of(name), event, sender, plain_id(request_id), told)


def name_text(name: object) -> str:
    """A stream's name, of its text or of a key: a number, a UUID. Raises InvalidFormatError.

    None is the key of what is not saved yet, and no name.
    """
    text = "" if name is None or isinstance(name, bool) else plain_text(str(name), "name")
    if not is_name(text):
        raise InvalidFormatError(field="name")
    return text


def tell_of(kind: Kind, name: str, event: Any, stamp: str) -> Told:
    """What is told of an event that is not stored. Raises FailedError where it cannot be shown."""
    try:
        return kind.table.told(event, stamp)
    except KeyboardInterrupt:
        raise
    except BaseException as raised:  # noqa: BLE001 - of a project's code
        error = told_error(raised)
        if isinstance(error, Refusal):
            raise error from None
        report(EVENT_NOT_SHOWN, type(error).__name__, error=error, stream=kind.stream_of(name))
        raise FailedError("show") from error


@stores_now(event_entry)
def publish() -> None:
    """Store an event in the caller's transaction; all who hear the stream get it after the commit.

    Of a kind that keeps nothing it is told after the commit, and not stored: the `seq` is 0.

    `publish("order", "7", Step(status="packed"))`: the kind's word, the stream's name, and an
    event of the kind's model that is not saved. With a `request_id`, the same sender's same event
    is stored once; `user_id` is the sender. Raises a Refusal, LookupError, TypeError and
    DatabaseError.
    """


@stores_soon(event_entry)
def apublish() -> None:
    """As `publish`, for async code, which has no transaction: stored with the next commit."""
