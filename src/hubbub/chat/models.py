"""What was said in the rooms."""

from __future__ import annotations

from django.db import models

from hubbub.database import EventManager
from hubbub.journal.models import StoredEvent, once
from hubbub.wire.names import NAME_LENGTH


class Message(StoredEvent):
    """One event of a room's stream: something said, or the deletion of something said.

    A deleted message stays as a row without its text, and `deletes` of a later event names its
    seq: so no range of a stream ever has a hole that was not announced.
    """

    name = models.CharField("room", max_length=NAME_LENGTH)
    message = models.TextField()
    username = models.CharField(max_length=150)
    deleted = models.BooleanField(default=False)
    deletes = models.BigIntegerField(null=True, blank=True, default=None)
    #: A project's own JSON object, as it is told; as text, so that it stays as it was written.
    data = models.TextField(null=True, blank=True, default=None)

    objects = EventManager["Message"]()

    class Meta:
        db_table = "hubbub_chat_message"
        constraints = once("hubbub_chat")

    def __str__(self) -> str:
        return f"{self.name} {self.seq}"
