"""A kind whose model has a key of its own, and rules: cards, each of which is dealt once."""

from __future__ import annotations

import uuid
from decimal import Decimal  # noqa: TC003 - msgspec asks for it
from typing import Any, NotRequired, TypedDict
from uuid import UUID

from django.db import models

from hubbub import streams


class Suit(models.TextChoices):
    """As Django's own enumerations are."""

    HEARTS = "h", "Hearts"
    SPADES = "s", "Spades"


class Words(models.TextField):
    """A field of a project's own: a list of words."""

    def from_db_value(self, value, expression, connection):
        return self.to_python(value)

    def to_python(self, value):
        return value.split() if isinstance(value, str) else value

    def get_prep_value(self, value):
        return value if value is None else " ".join(value)


class Card(streams.Event):
    """A card that was dealt; its key may be the client's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    suit = models.CharField(max_length=1, choices=Suit)
    rank = models.PositiveSmallIntegerField()
    wait = models.DurationField(null=True)
    words = Words(default=list)
    weight = models.CharField(max_length=40, blank=True)

    class Meta(streams.Event.Meta):
        db_table = "toy_card"
        constraints = (
            *streams.Event.Meta.constraints,
            models.UniqueConstraint(fields=("name", "suit", "rank"), name="toys_card_once"),
        )


class Place(TypedDict):
    """Where a card lies."""

    suit: Suit


class Deal(streams.Request, tag="deal"):
    """A card that is to be dealt."""

    rank: int
    suit: Suit = Suit.HEARTS
    key: UUID | None = None
    weight: Decimal | None = None


class Dealt(TypedDict):
    """A card, and whose it is."""

    type: str
    place: Place
    rank: int
    sender: Any
    wait: NotRequired[Any]
    words: NotRequired[Any]
    weight: NotRequired[str]


@streams.register
class Cards(streams.Kind):
    """Anybody deals."""

    kind, path = "card", "ws/cards/<name>/"
    event, request = Card, Deal

    def make(self, caller, name, request):
        key = {"id": request.key} if request.key else {}
        weight = str(request.weight or "")
        return Card(suit=request.suit, rank=request.rank, weight=weight, **key)

    def show(self, card) -> Dealt:
        return {
            "type": "dealt",
            "place": {"suit": Suit(card.suit)},
            "rank": card.rank,
            "sender": card.sender_id,
            "wait": card.wait,
            "words": card.words,
            "weight": card.weight,
        }
