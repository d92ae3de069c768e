"""What was said in the rooms, who may be there, and what was taken from whom."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from hubbub.chat.messages import REASON_LENGTH
from hubbub.chat.noticed import NoticedManager
from hubbub.streams.event import Event, once
from hubbub.wire.keys import KEY_LENGTH
from hubbub.wire.names import ID_LENGTH, NAME, NAME_LENGTH


class Message(Event):
    """One event of a room's stream: something said, or that something said was deleted or edited.

    A deleted message stays as a row without its text, and `deletes` of a later event names its
    seq: so no range of a stream ever has a hole that was not announced. An edited one has its
    newest text and, as `edited`, the timestamp of that; `edits` of a later event names its seq.
    """

    name = models.CharField("room", max_length=NAME_LENGTH)
    message = models.TextField()
    username = models.CharField(max_length=150)
    deleted = models.BooleanField(default=False)
    deletes = models.BigIntegerField(null=True, blank=True, default=None)
    #: A project's own JSON object, as it is told; as text, so that it stays as it was written.
    data = models.TextField(null=True, blank=True, default=None)
    edits = models.BigIntegerField(null=True, blank=True, default=None)
    edited = models.CharField(max_length=64, null=True, blank=True, default=None)

    class Meta:
        db_table = "hubbub_chat_message"
        constraints = once("hubbub_chat")
        indexes = (
            # Of few rows: a message that is deleted takes along what it was edited to.
            models.Index(
                fields=("name", "edits"),
                condition=models.Q(edits__isnull=False),
                name="hubbub_chat_edits",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.seq}"


class Room(models.Model):
    """How a room may be entered under the policy `Members`; another one there is none of."""

    class Access(models.TextChoices):
        """Public for everybody; for members and staff; for members, and known to nobody else."""

        PUBLIC = "public", "public"
        MEMBERS = "members", "members only"
        HIDDEN = "hidden", "hidden"

    name = models.CharField(
        "room",
        max_length=NAME_LENGTH,
        unique=True,
        validators=[RegexValidator(rf"^{NAME.pattern}\Z", "Letters, digits, _, . and -.")],
    )
    access = models.CharField(max_length=10, choices=Access.choices, default=Access.PUBLIC)
    created = models.DateTimeField(default=timezone.now, editable=False)

    objects = NoticedManager["Room"]()

    class Meta:
        db_table = "hubbub_chat_room"

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One user in one room. `user` is its key as text (`wire/keys.py`): it may lie elsewhere."""

    class Role(models.TextChoices):
        """Moderators and owners may moderate; owners say who else may."""

        MEMBER = "member", "member"
        MODERATOR = "moderator", "moderator"
        OWNER = "owner", "owner"

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="memberships")
    user = models.CharField("user's key", max_length=KEY_LENGTH, db_index=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    created = models.DateTimeField(default=timezone.now, editable=False)

    objects = NoticedManager["Membership"]()

    class Meta:
        db_table = "hubbub_chat_membership"
        constraints = (
            models.UniqueConstraint(fields=("room", "user"), name="hubbub_chat_membership_once"),
        )

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.room_id}"


class Sanction(models.Model):
    """What was taken from a user, in one room or, without a `name`, in all: kept for good.

    It is in force until `until`, for ever without one, or until it is `lifted`. `user`, `author`
    and `lifted_by` are keys as text (`wire/keys.py`); of the project's own code they are empty.
    What was given back under an id has a row too (`moderation.py`), which is shown to nobody.
    """

    class Action(models.TextChoices):
        """May not send; may not enter; was sent away, and may come back."""

        MUTE = "mute", "mute"
        BAN = "ban", "ban"
        KICK = "kick", "kick"

    action = models.CharField(max_length=10, choices=Action.choices)
    name = models.CharField("room", max_length=NAME_LENGTH, blank=True, default="")
    user = models.CharField("user's key", max_length=KEY_LENGTH, db_index=True)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, default="")
    author = models.CharField(max_length=KEY_LENGTH, blank=True, default="", editable=False)
    created = models.DateTimeField(default=timezone.now, editable=False)
    until = models.DateTimeField(null=True, blank=True, default=None)
    lifted = models.DateTimeField(null=True, blank=True, default=None, editable=False)
    lifted_by = models.CharField(max_length=KEY_LENGTH, blank=True, default="", editable=False)
    #: What the author's client called it, so that it is stored once.
    request_id = models.CharField(
        max_length=ID_LENGTH, null=True, blank=True, default=None, editable=False
    )
    #: When the row was written last, by which other processes find it.
    changed = models.DateTimeField(auto_now=True, db_index=True)

    objects = NoticedManager["Sanction"]()

    class Meta:
        db_table = "hubbub_chat_sanction"
        constraints = (
            models.UniqueConstraint(
                fields=("name", "author", "request_id"), name="hubbub_chat_sanction_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.user} {self.name}"
