"""What a project's own code tells to the streams of its kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.errors import InvalidFormatError
from hubbub.journal.append import stores_now, stores_soon
from hubbub.journal.log import Entry, log_of
from hubbub.streams.registry import kind_of
from hubbub.wire.keys import write_key
from hubbub.wire.names import is_name
from hubbub.wire.plain import plain_id, plain_stamp, plain_text

if TYPE_CHECKING:
    from hubbub.streams.event import Event


def event_entry(
    kind: str,
    name: str,
    event: Event,
    *,
    user_id: object = None,
    request_id: str = "",
) -> Entry:
    """What is to be stored of an event.

    Raises InvalidFormatError for what no stream can be called, LookupError for a kind that is not
    registered, TypeError for an event of another model, or one that is saved.
    """
    name, model = plain_text(str(name), "name"), kind_of(kind).event
    if not is_name(name):
        raise InvalidFormatError(field="name")
    if not isinstance(event, model):
        raise TypeError(f"an event of {kind!r} is a {model.__name__}, not {type(event).__name__}")
    if not event._state.adding and not event.request_id:
        raise TypeError("the event is saved already: publish is what saves it")
    event.timestamp = plain_stamp(event.timestamp or None)
    stream = f"{kind}:{name}"
    return Entry(log_of(stream), stream, event, write_key(user_id), plain_id(request_id))


@stores_now(event_entry)
def publish() -> None:
    """Store an event in the caller's transaction; all who hear the stream get it after the commit.

    `publish("order", "7", Step(status="packed"))`: the kind's word, the stream's name, and an
    event of the kind's model that is not saved. With a `request_id`, the same sender's same event
    is stored once; `user_id` is the sender. Raises a Refusal, LookupError, TypeError and
    DatabaseError.
    """


@stores_soon(event_entry)
def apublish() -> None:
    """As `publish`, for async code, which has no transaction: stored with the next commit."""
