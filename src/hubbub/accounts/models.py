"""The tables of tokens and tickets. A secret itself is in neither, only its digest."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from hubbub.database import HomeManager


class Token(models.Model):
    """One token of one user, until it expires, is revoked, or the password changes.

    The user may be in another database (`owners.py`): nothing in ours may refer to it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="hubbub_tokens",
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, in hex.")
    label = models.CharField(max_length=100, blank=True, help_text="What the token is for.")
    password = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="A digest of the hash of the password that it ends with; empty: of none.",
    )
    created = models.DateTimeField()
    expires = models.DateTimeField()

    objects = HomeManager["Token"]()

    def __str__(self) -> str:
        return f"token {self.pk} ({self.label or 'no label'})"


class Ticket(models.Model):
    """One ticket, until it is used or half a minute is over.

    `user` is the user's key as text (`wire/keys.py`); `kind`, `grant` and `ends` are what had been
    shown for it: the connection ends with that.
    """

    digest = models.CharField(max_length=64, unique=True)
    user = models.CharField(max_length=255)
    kind = models.CharField(max_length=10)
    grant = models.TextField()
    ends = models.DateTimeField(null=True)
    expires = models.DateTimeField(db_index=True)

    objects = HomeManager["Ticket"]()

    def __str__(self) -> str:
        return f"ticket {self.pk}"
