"""The numbering of every stream, and what all events have; the rest is their endpoints' tables."""

from __future__ import annotations

from django.db import models

from hubbub.database import EventManager
from hubbub.wire.names import ID_LENGTH, NAME_LENGTH


class Stream(models.Model):
    """One stream: `chat:general`, `inbox:7`, `everyone`, `counter:global`.

    `last_seq` is the number of its newest event. `first_seq` is that of its oldest one which was
    not pruned, so that nobody is promised a range that has a hole. `last_mark` is that of its
    newest event (`marks.py`), 0 if nobody knows it; `mark_before`, for the transaction that stores,
    what it was before that.
    """

    name = models.CharField(max_length=100, primary_key=True)
    epoch = models.CharField(max_length=16)
    last_seq = models.BigIntegerField(default=0)
    first_seq = models.BigIntegerField(default=1)
    last_mark = models.BigIntegerField(default=0, db_default=0)
    mark_before = models.BigIntegerField(default=0, db_default=0)

    objects = EventManager["Stream"]()

    class Meta:
        db_table = "hubbub_stream"

    def __str__(self) -> str:
        return self.name


class Beginning(models.Model):
    """What the epochs are made of with which streams begin; one row (`epochs.py`)."""

    epoch = models.CharField(max_length=16)

    objects = EventManager["Beginning"]()

    class Meta:
        db_table = "hubbub_beginning"

    def __str__(self) -> str:
        return self.epoch


def once(prefix: str) -> tuple[models.UniqueConstraint, ...]:
    """What keeps a table of events from having a number, or a sender's request, twice."""
    return (
        models.UniqueConstraint(fields=("name", "seq"), name=f"{prefix}_seq"),
        # Only what has an id is in this index: each further one is a page more a message.
        models.UniqueConstraint(
            fields=("name", "sender", "request_id"),
            condition=models.Q(request_id__isnull=False),
            name=f"{prefix}_request",
        ),
    )


class StoredEvent(models.Model):
    """The columns that every endpoint's table of events has.

    `name` is the stream's own, what stands after the colon. `sender` is the account's key
    (`wire/keys.py`), empty for nobody's. `timestamp` is what members are told, which a Python
    publisher may have chosen; `created` is when it was stored, by which it is known again
    (`marks.py`).
    """

    name = models.CharField(max_length=NAME_LENGTH)
    seq = models.BigIntegerField()
    sender = models.CharField(max_length=255, blank=True, default="")
    request_id = models.CharField(max_length=ID_LENGTH, null=True, blank=True, default=None)
    timestamp = models.CharField(max_length=64)
    created = models.DateTimeField()

    class Meta:
        abstract = True
        constraints = once("%(app_label)s_%(class)s")
