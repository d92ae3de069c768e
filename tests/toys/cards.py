"""A kind whose model has a key of its own, and rules: cards, each of which is dealt once."""

from __future__ import annotations

import uuid
from typing import Any, TypedDict
from uuid import UUID

from django.db import models

from hubbub import streams


class Suit(models.TextChoices):
    """As Django's own enumerations are."""

    HEARTS = "h", "Hearts"
    SPADES = "s", "Spades"


class Card(streams.Event):
    """A card that was dealt; its key may be the client's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    suit = models.CharField(max_length=1, choices=Suit)
    rank = models.PositiveSmallIntegerField()

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


class Dealt(TypedDict):
    """A card, and whose it is."""

    type: str
    place: Place
    rank: int
    sender: Any


@streams.register
class Cards(streams.Kind):
    """Anybody deals."""

    kind, path = "card", "ws/cards/<name>/"
    event, request = Card, Deal

    def make(self, caller, name, request):
        key = {"id": request.key} if request.key else {}
        return Card(suit=request.suit, rank=request.rank, **key)

    def show(self, card) -> Dealt:
        place: Place = {"suit": Suit(card.suit)}
        return {"type": "dealt", "place": place, "rank": card.rank, "sender": card.sender_id}
