"""What the events of a kind have in common, for a model of one's own."""

from __future__ import annotations

from typing import Any

from hubbub.database import EventManager
from hubbub.journal.models import StoredEvent, once
from hubbub.wire.keys import read_key

__all__ = ["Event", "once"]


class Event(StoredEvent):
    """One event of a stream of a project's own kind: a Django model to derive from.

    `name` is the stream's, as in its path. `seq` is the event's number there, `timestamp` what
    members are told, and `sender_id` whose it is; they are given when it is stored. A `class Meta`
    of one's own derives from `streams.Event.Meta`, which has the constraints.
    """

    objects = EventManager["Event"]()

    class Meta(StoredEvent.Meta):
        abstract = True

    @property
    def sender_id(self) -> int | str | None:
        """The key of the account that sent it, as `Caller.user_id`; None for nobody's."""
        return read_key(self.sender)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Change what is stored. Raises TypeError for what is not: `publish` stores and numbers."""
        if self._state.adding and self.seq is None:
            raise TypeError(f"streams.publish stores a {type(self).__name__}, and gives it its seq")
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return f"{self.name} {self.seq}"
