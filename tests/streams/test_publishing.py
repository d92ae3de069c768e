"""What a project's own code tells to a stream of its kind."""

from __future__ import annotations

from uuid import UUID

import pytest
from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from hubbub import streams
from hubbub.errors import FailedError, IdConflictError, InvalidFormatError
from hubbub.testing import Member
from tests.streams.games import fields, member, new_game, publish
from tests.toys.cards import Card
from tests.toys.models import Step


@pytest.mark.django_db(transaction=True)
def test_it_is_told_after_the_commit_or_not_at_all():
    game = new_game()
    with member(game) as hearer:
        with transaction.atomic():
            publish(game, "a1")
            publish(game, "a2")
        with transaction.atomic():
            publish(game, "b1")
            transaction.set_rollback(True)
        publish(game, "c1")
        assert [hearer.hear()["field"] for _ in range(3)] == ["a1", "a2", "c1"]
    assert fields(game) == [(1, "a1"), (2, "a2"), (3, "c1")]


@pytest.mark.django_db
def test_to_save_an_event_that_has_no_number_says_what_stores_it():
    game = new_game()
    for save in (Step(name=game).save, lambda: Step.objects.create(name=game, field="a1")):
        with pytest.raises(TypeError, match=r"streams\.publish stores a Step"):
            save()
    publish(game, "a1")
    step = Step.objects.get(name=game)
    step.field = "a2"
    step.save()
    assert fields(game) == [(1, "a2")]


@pytest.mark.django_db(transaction=True)
async def test_async_code_waits_for_its_commit():
    game = new_game()
    stored = await streams.apublish("game", game, Step(field="a1"), user_id=7, request_id="x")
    assert (stored.seq, stored.again) == (1, False)
    again = await streams.apublish("game", game, Step(field="a1"), user_id=7, request_id="x")
    assert (again.seq, again.again) == (1, True)
    with pytest.raises(IdConflictError):
        await streams.apublish("game", game, Step(field="b1"), user_id=7, request_id="x")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("text", [mark_safe("a1"), gettext_lazy("a1")])
def test_djangos_own_texts_are_text(text):
    game = new_game()
    with member(game) as hearer:
        publish(game, text)
        assert hearer.hear()["field"] == "a1"
    assert fields(game) == [(1, "a1")]


@pytest.mark.django_db(transaction=True)
async def test_what_cannot_be_stored_fails_alone():
    import asyncio

    game = new_game()
    good = [streams.apublish("game", game, Step(field=f"f{number}")) for number in range(3)]
    bad = [streams.apublish("game", game, Step(field=wrong)) for wrong in ("\ud800", None)]
    results = await asyncio.gather(*good, *bad, return_exceptions=True)
    assert [one.seq for one in results[:3]] == [1, 2, 3]
    assert all(isinstance(one, Exception) for one in results[3:]), results


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 65, "a" * 300, None, True, b"a"])
def test_what_no_stream_can_be_called_is_refused(name):
    with pytest.raises(InvalidFormatError):
        publish(name, "a1")


@pytest.mark.django_db(transaction=True)
def test_an_event_of_another_model_is_refused():
    from hubbub.chat.models import Message

    with pytest.raises(TypeError, match="an event of 'game' is a Step, not Message"):
        streams.publish("game", "a", Message())


@pytest.mark.django_db(transaction=True)
def test_of_what_cannot_be_shown_nothing_is_stored(monkeypatch):
    game = new_game()
    monkeypatch.setattr("tests.toys.models.Games.show", lambda _, step: step.nothing)
    with pytest.raises(FailedError) as caught:
        publish(game, "a1")
    assert isinstance(caught.value.__cause__, AttributeError)
    assert fields(game) == []


@pytest.mark.django_db(transaction=True)
def test_what_can_be_shown_no_more_is_a_frame_of_no_meaning(monkeypatch, caplog):
    game = new_game()
    publish(game, "a1")
    publish(game, "bad")
    publish(game, "a3")
    from tests.toys.models import Games

    known = Games.show
    monkeypatch.setattr(
        Games, "show", lambda self, step: known(self, step) if step.field != "bad" else 1 / 0
    )
    with member(game, "?since=0") as hearer:
        hearer.hear_until(type="recovery")
        assert [hearer.hear()["type"] for _ in range(3)] == ["step", "unknown", "step"]
    assert "event_not_shown" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_user_is_meant_by_the_key():
    game, ada = new_game(), get_user_model().objects.create_user("ada")
    publish(game, "a1", user_id=ada)
    publish(game, "a2", user_id=SimpleLazyObject(lambda: ada))
    publish(game, "a3", user_id=AnonymousUser())
    senders = [step.sender_id for step in Step.objects.filter(name=game).order_by("seq")]
    assert senders == [ada.pk, ada.pk, None]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("user_id", [None, 7, "abc", UUID("3fa85f64-5717-4562-b3fc-2c963f66afa6")])
def test_an_event_knows_whose_it_is_as_a_caller_is_known(user_id):
    name = new_game()
    with Member(f"/ws/cards/{name}/") as hearer:
        event = Card(suit="h", rank=1)
        streams.publish("card", UUID(int=7), event, user_id=user_id)
        stored = streams.publish("card", name, Card(suit="h", rank=1), user_id=user_id)
        told = hearer.hear()
    wanted = str(user_id) if isinstance(user_id, UUID) else user_id
    assert (told["sender"], stored.entry.body.sender_id) == (wanted, wanted)
    assert (event.name, event.sender_id) == (str(UUID(int=7)), wanted)


@pytest.mark.django_db(transaction=True)
async def test_a_channels_consumer_in_the_streams_group_hears_it():
    game = new_game()
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(f"game.{game}", channel)
    await streams.apublish("game", game, Step(field="a1"))
    event = await layer.receive(channel)
    assert (event["type"], event["field"], event["seq"]) == ("step", "a1", 1)
