"""What was said in the rooms."""

from __future__ import annotations

from django.db import models

from hubbub.chat.messages import ID_LENGTH


class Message(models.Model):
    """One event of a room's stream: something said, or the deletion of something said.

    `sender` is the account's key (`wire/keys.py`), empty for nobody's. A deleted message stays as
    a row without its text, and `deletes` of a later event names its seq: so no range of a stream
    ever has a hole that was not announced.
    """

    room = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    message = models.TextField()
    username = models.CharField(max_length=150)
    sender = models.CharField(max_length=255, blank=True, default="")
    request_id = models.CharField(max_length=ID_LENGTH, null=True, blank=True, default=None)
    timestamp = models.CharField(max_length=64)
    created = models.DateTimeField()
    deleted = models.BooleanField(default=False)
    deletes = models.BigIntegerField(null=True, blank=True, default=None)

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
