"""A kind as a project has it: games, in which moves are made."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from django.db import models

from hubbub import streams
from hubbub.errors import ForbiddenError
from tests.toys import cards, pads, pointers, purses  # noqa: F401 - of their own


class Step(streams.Event):
    """A move that was made."""

    field = models.CharField(max_length=20)

    class Meta(streams.Event.Meta):
        db_table = "toy_step"


class Move(streams.Request, tag="move"):
    """A move that is to be made."""

    field: str


class Resign(streams.Request, tag="resign"):
    """The end of it."""


class Shown(TypedDict):
    """A move, or the end of the game."""

    type: Literal["step", "resigned"]
    field: NotRequired[str]


@streams.register
class Games(streams.Kind):
    """Names that begin with `closed` are nobody's but the staff's; a `taken` field is refused."""

    kind = "game"
    path = "ws/games/<name>/"
    event = Step
    request = Move | Resign

    def may_enter(self, caller, name):
        return caller.is_staff or not name.startswith("closed")

    def may_send(self, caller, name):
        return caller.user_id is not None or not name.startswith("read")

    def make(self, caller, name, request):
        if isinstance(request, Resign):
            return Step(field="")
        if request.field == "taken":
            raise ForbiddenError("taken")
        return Step(field=request.field)

    def show(self, step) -> Shown:
        return {"type": "step", "field": step.field} if step.field else {"type": "resigned"}


from tests.toys.sheets import Note  # noqa: E402, F401 - so that Django finds it
