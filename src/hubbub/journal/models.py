"""The numbering of every stream; what is in the streams is their endpoints' tables."""

from __future__ import annotations

from django.db import models


class Stream(models.Model):
    """One stream: `chat:general`, `inbox:7`, `everyone`, `counter:global`.

    `last_seq` is the number of its newest event. `first_seq` is that of its oldest one which was
    not pruned, so that nobody is promised a range that has a hole.
    """

    name = models.CharField(max_length=100, primary_key=True)
    epoch = models.CharField(max_length=16)
    last_seq = models.BigIntegerField(default=0)
    first_seq = models.BigIntegerField(default=1)

    class Meta:
        db_table = "hubbub_stream"

    def __str__(self) -> str:
        return self.name
