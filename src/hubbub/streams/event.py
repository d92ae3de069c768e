"""What the events of a kind have in common, for a model of one's own."""

from __future__ import annotations

from hubbub.database import EventManager
from hubbub.journal.models import StoredEvent, once

__all__ = ["Event", "once"]


class Event(StoredEvent):
    """One event of a stream of a project's own kind: a Django model to derive from.

    `name` is the stream's, as in its path. `seq` is the event's number there, and `timestamp` what
    members are told; both are given when it is stored. A `class Meta` of one's own derives from
    `streams.Event.Meta`, which has the constraints.
    """

    objects = EventManager["Event"]()

    class Meta(StoredEvent.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.name} {self.seq}"
