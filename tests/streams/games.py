"""Games of the toy kind: names that no other test uses, and moves in them."""

from __future__ import annotations

import secrets

from hubbub import streams
from hubbub.testing import Member
from tests.toys.models import Step


def new_game(prefix="g"):
    """A name; what may be done there depends on its beginning (`tests/toys/models.py`)."""
    return f"{prefix}{secrets.token_hex(4)}"


def publish(game, field, **options):
    """Make a move, as the project's own code does."""
    return streams.publish("game", game, Step(field=field), **options)


def member(game, query="", **options):
    """A member who hears a game."""
    return Member(f"/ws/games/{game}/{query}", **options)


def fields(game):
    """What the table says: seq and field of each move."""
    return list(Step.objects.filter(name=game).order_by("seq").values_list("seq", "field"))
