"""What was said in the rooms."""

from __future__ import annotations

from django.db import models

from hubbub.database import EventManager
from hubbub.journal.models import StoredEvent


class Message(StoredEvent):
    """One event of a room's stream: something said, or the deletion of something said.

    A deleted message stays as a row without its text, and `deletes` of a later event names its
    seq: so no range of a stream ever has a hole that was not announced.
    """

    room = models.CharField(max_length=64)
    message = models.TextField()
    username = models.CharField(max_length=150)
    deleted = models.BooleanField(default=False)
    deletes = models.BigIntegerField(null=True, blank=True, default=None)
    #: A project's own JSON object, as it is told; as text, so that it stays as it was written.
    data = models.TextField(null=True, blank=True, default=None)

    objects = EventManager["Message"]()

    class Meta:
        db_table = "hubbub_chat_message"
        constraints = (
            models.UniqueConstraint(fields=("room", "seq"), name="hubbub_chat_seq"),
            # Only what has an id is in this index: each further one is a page more a message.
            models.UniqueConstraint(
                fields=("room", "sender", "request_id"),
                condition=models.Q(request_id__isnull=False),
                name="hubbub_chat_request",
            ),
        )

    def __str__(self) -> str:
        return f"{self.room} {self.seq}"
