"""What was sent to users, and what they have read of it."""

from __future__ import annotations

from django.db import models

from hubbub.database import EventManager
from hubbub.notifications.inbox import LONGEST
from hubbub.streams.event import Event, once

#: What was sent, and neither the deletion nor the reading of it.
SENT = {"deletes": None, "reads": None}


class Notification(Event):
    """One event of an inbox's stream: something sent, or that something was deleted or read.

    `name` is the recipient's inbox (`inbox.py`), empty for everyone: one row serves them all. A
    deleted notification stays as a row without its text, and `deletes` of a later event in the
    stream names its id. `reads` of an event in a user's own stream says that this user has read
    something: of everyone's stream nothing beyond this seq.
    """

    name = models.CharField("inbox", max_length=LONGEST, blank=True, default="")
    title = models.TextField()
    message = models.TextField()
    priority = models.CharField(max_length=10)
    deleted = models.BooleanField(default=False)
    deletes = models.BigIntegerField(null=True, blank=True, default=None)
    reads = models.BigIntegerField(null=True, blank=True, default=None)
    #: A project's own JSON object, as it is told; as text, so that it stays as it was written.
    data = models.TextField(null=True, blank=True, default=None)

    class Meta:
        db_table = "hubbub_notification"
        constraints = once("hubbub_notification")

    def __str__(self) -> str:
        return f"{self.name or 'everyone'} {self.seq}"


class Mark(models.Model):
    """How far a user has read both streams without a gap: all up to these seqs."""

    inbox = models.CharField(max_length=LONGEST, primary_key=True)
    own = models.BigIntegerField(default=0)
    everyone = models.BigIntegerField(default=0)

    objects = EventManager["Mark"]()

    class Meta:
        db_table = "hubbub_notification_mark"

    def __str__(self) -> str:
        return f"{self.inbox}: {self.own}, {self.everyone}"


class Reading(models.Model):
    """One notification beyond the mark that a user has read.

    No foreign key in the database: pruning deletes notifications by the thousand, and what is
    left over here says nothing, since ids do not come again.
    """

    inbox = models.CharField(max_length=LONGEST)
    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, db_constraint=False, related_name="readings"
    )

    objects = EventManager["Reading"]()

    class Meta:
        db_table = "hubbub_notification_reading"
        constraints = (
            models.UniqueConstraint(
                fields=("inbox", "notification"), name="hubbub_notification_read_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.inbox} {self.notification_id}"
