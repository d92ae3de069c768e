"""A kind with all sorts of columns: sheets, on which things are noted."""

from __future__ import annotations

import asyncio
import math
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404
from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy

from hubbub import streams
from hubbub.errors import Refusal


class Colour(models.TextChoices):
    """What a note may be written in."""

    RED = "red", gettext_lazy("Red")
    BLUE = "blue", gettext_lazy("Blue")


class Note(streams.Event):
    """Something that was noted."""

    text = models.CharField(max_length=20, blank=True)
    colour = models.CharField(max_length=8, choices=Colour, default=Colour.RED)
    price = models.DecimalField(max_digits=6, decimal_places=2, default=Decimal("1.5"))
    worth = models.DecimalField(max_digits=40, decimal_places=18, null=True)
    due = models.DateTimeField(default=timezone.now)
    noted = models.DateTimeField(auto_now=True)
    rest = models.JSONField(default=dict)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True)

    class Meta(streams.Event.Meta):
        db_table = "toy_note"


class Write(streams.Request, tag="write"):
    """Something that is to be noted; what stands in it, the tests say."""

    text: str = ""


@streams.register
class Sheets(streams.Kind):
    """Each text of `ANSWERS` has `make` do what it says."""

    kind = "sheet"
    path = "ws/sheets/<name>/"
    event = Note
    request = Write

    def make(self, caller, name, request):
        answer = ANSWERS.get(request.text, lambda: Note(text=request.text))
        return answer()

    def show(self, note):
        return {
            "type": "note",
            "text": note.text,
            "colour": note.get_colour_display(),
            "price": note.price,
            "worth": note.worth,
            "due": note.due,
            "noted": note.noted,
            "rest": note.rest,
            "author": note.author and note.author.get_username(),
        }


class Odd:
    """What is no text, and cannot be made one."""

    def __str__(self):
        raise LookupError("no words")


class Told(Refusal):
    """A project's own, with something beside its sentence."""

    sentence = "Not now"
    code = "not_now"

    def __init__(self, details):
        super().__init__()
        self.details = details


class Unsaid(Refusal):
    """One whose sentence fails when it is shown."""

    sentence = lazystr(Odd())
    code = "unsaid"


def raises(error):
    """A `make` that raises."""

    def answer():
        raise error

    return answer


class Halt(BaseException):
    """Some library's own way to end what is under way."""


async def forgotten():
    """A coroutine that nobody waits for."""


ANSWERS = {
    "none": lambda: None,
    "other": timezone.now,
    "forgotten": forgotten,
    "saved": Note.objects.first,
    "broken": lambda: 1 / 0,
    "denied": raises(PermissionDenied("no")),
    "nowhere": raises(Http404("nothing")),
    "gone": lambda: Note.objects.get(text="there is none"),
    "late": raises(ValidationError({"text": ["It is too late."]})),
    "full": raises(ValidationError("The sheet is full.")),
    "asleep": raises(TimeoutError()),
    "cancelled": raises(asyncio.CancelledError()),
    "ended": raises(SystemExit(1)),
    "halted": raises(Halt()),
    "busy": raises(Told({"until": Decimal("1.5"), "odds": math.nan})),
    "odd": raises(Told({"what": object()})),
    "odd key": raises(Told({("a", "b"): 1})),
    "half": raises(Told({"what": "\ud800"})),
    "another": raises(Told({"type": "step"})),
    "no dict": raises(Told(7)),
    "unsaid": raises(Unsaid()),
}
