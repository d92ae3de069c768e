"""What a kind has by being registered: pages in the admin, pruning, and Channels' groups."""

from __future__ import annotations

import pytest

from hubbub import streams
from hubbub.journal.models import Stream
from hubbub.journal.prune import Rule, prune
from hubbub.streams.registry import kind_of
from tests.admins import listed, may_only_be_looked_at
from tests.streams.games import new_game, publish
from tests.toys.cards import Card
from tests.toys.models import Step


@pytest.mark.django_db(transaction=True)
def test_its_events_can_be_looked_at_in_the_admin(admin_client, settings):
    settings.ROOT_URLCONF = "tests.admins"
    game = new_game()
    publish(game, "a1")
    (row,) = listed(admin_client, Step, q=game)
    assert row.startswith(f"{game} 1 a1")
    may_only_be_looked_at(admin_client, Step, Step.objects.get(name=game))
    (row,) = listed(admin_client, Stream, q=game)
    assert row.endswith("show")


@pytest.mark.django_db(transaction=True)
def test_so_are_those_whose_key_is_the_models_own(admin_client, settings):
    settings.ROOT_URLCONF = "tests.admins"
    game = new_game()
    for rank in (1, 2):
        streams.publish("card", game, Card(suit="h", rank=rank))
    assert len(listed(admin_client, Card, q=game)) == 2
    may_only_be_looked_at(admin_client, Card, Card.objects.filter(name=game).first())


@pytest.mark.django_db(transaction=True)
def test_its_events_are_pruned_by_what_the_kind_says(monkeypatch):
    game = new_game()
    for number in range(5):
        publish(game, f"f{number}")
    assert kind_of("game").kept() == (None, None)
    monkeypatch.setattr(type(kind_of("game")), "keep_events", 2)
    assert kind_of("game").kept() == (None, 2)
    (pruned,) = prune({"game": Rule(number=2)})
    assert (pruned.label, pruned.events) == ("game", 3)
    assert Stream.objects.get(name=f"game:{game}").first_seq == 4


def test_a_word_that_is_no_kind_is_told():
    with pytest.raises(LookupError, match="no kind of stream is registered as 'nothing'"):
        streams.publish("nothing", "a", Step(field="x"))


def test_a_kind_of_the_house_has_its_own_services():
    with pytest.raises(LookupError, match="no kind of stream is registered as 'counter'"):
        streams.publish("counter", "a", Step(field="x"))
