"""The HTTP calls of a project's own kind."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from hubbub import streams
from hubbub.streams import calls
from hubbub.testing import Member
from tests.streams.games import fields, member, new_game, publish
from tests.toys.models import Games, Step

pytestmark = [pytest.mark.django_db, pytest.mark.urls("hubbub.urls")]


def path_of(game):
    return f"/api/streams/game/{game}/"


def send(client, game, **body):
    return client.post(path_of(game), body, content_type="application/json")


def test_what_is_sent_is_stored_told_and_answered_as_it_was_told(client):
    game = new_game()
    with member(game) as hearer:
        answer = send(client, game, type="move", field="a1")
        assert answer.status_code == 200
        assert answer.json()["data"] == hearer.hear()


def test_sent_again_it_is_stored_once(client):
    game = new_game()
    first = send(client, game, type="move", field="a1", id="x")
    assert send(client, game, type="move", field="a1", id="x").json() == first.json()
    assert (
        send(client, game, type="move", field="b1", id="x").json()["message"]
        == "This id was used for something else"
    )
    assert Step.objects.filter(name=game).count() == 1


def test_a_page_is_read_from_either_end(client):
    game = new_game()
    for number in range(5):
        publish(game, f"f{number}")
    page = client.get(path_of(game), {"limit": 2}).json()["data"]
    assert [event["field"] for event in page["events"]] == ["f3", "f4"]
    assert (page["seq"], page["first"], page["more"]) == (5, 1, True)
    page = client.get(path_of(game), {"after": 0, "limit": 2}).json()["data"]
    assert [event["field"] for event in page["events"]] == ["f0", "f1"]
    page = client.get(path_of(game), {"before": 2}).json()["data"]
    assert ([event["field"] for event in page["events"]], page["more"]) == (["f0"], False)


@pytest.mark.parametrize(
    "body",
    [{}, {"type": "move"}, {"type": "move", "field": 1}, {"type": "history"}, {"type": "nothing"}],
)
def test_what_is_no_request_is_refused(client, body):
    assert send(client, new_game(), **body).status_code == 400


def test_who_may_not_enter_may_neither_read_nor_send(client):
    game = new_game("closed")
    assert client.get(path_of(game)).status_code == 403
    assert send(client, game, type="move", field="a1").status_code == 403
    staff = Client()
    staff.force_login(get_user_model().objects.create_user(f"s{game}", is_staff=True))
    assert staff.get(path_of(game)).status_code == 200


def test_who_may_not_send_may_read(client):
    game = new_game("read")
    assert send(client, game, type="move", field="a1").status_code == 403
    assert client.get(path_of(game)).status_code == 200


def test_what_the_kind_refuses_is_refused(client):
    assert send(client, new_game(), type="move", field="taken").status_code == 403


def test_it_is_described_with_the_types_of_its_requests(client):
    described = client.get("/api/openapi.json").json()
    calls = described["paths"]["/api/streams/game/{name}/"]
    assert set(calls) == {"get", "post"}
    wanted = calls["post"]["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    names = [one["$ref"].rpartition("/")[2] for one in wanted]
    assert names == ["game.Move", "game.Resign"]
    move = described["components"]["schemas"]["game.Move"]
    assert move["properties"]["field"] == {"type": "string"}


def test_a_number_is_read_as_on_a_socket(client):
    name, exact = new_game(), "0.12345678901234567891"
    body = f'{{"type": "deal", "rank": 3, "weight": {exact}, "id": "x"}}'
    with Member(f"/ws/cards/{name}/") as hearer:
        hearer.say_raw(body)
        assert hearer.hear_until(type="dealt")["weight"] == exact
    answer = client.post(f"/api/streams/card/{name}/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["data"]["weight"]) == (200, exact)


def test_all_that_is_referred_to_is_described_and_djangos_choices_too(client):
    described = client.get("/api/openapi.json").json()
    parts = described["components"]["schemas"]
    for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)):
        assert name in parts
    assert parts["card.Event"]["properties"]["place"] == {"$ref": "#/components/schemas/card.Place"}
    for suit in (parts["card.Place"], parts["card.Deal"]):
        assert suit["properties"]["suit"]["enum"] == ["h", "s"]


def test_an_event_is_described_by_the_type_that_show_says_it_returns(client):
    described = client.get("/api/openapi.json").json()
    event = described["components"]["schemas"]["game.Event"]
    assert event["properties"]["type"] == {"enum": ["resigned", "step"]}
    assert set(event["properties"]) == {"type", "field", "timestamp", "seq"}
    assert event["required"] == ["type", "timestamp", "seq"]
    for method, kept in (("get", "array"), ("post", None)):
        answer = described["paths"]["/api/streams/game/{name}/"][method]["responses"]["200"]
        data = answer["content"]["application/json"]["schema"]["properties"]["data"]
        told = data["properties"]["events"]["items"] if kept else data
        assert told == {"$ref": "#/components/schemas/game.Event"}


def test_taken_away_while_it_is_made_it_is_not_stored(client, monkeypatch):
    game = new_game()
    may = [True]

    def make(self, caller, name, request):
        may[0] = False
        streams.review("game", name)
        return Step(field=request.field)

    monkeypatch.setattr(Games, "may_send", lambda self, caller, name: may[0])
    monkeypatch.setattr(Games, "make", make)
    answer = send(client, game, type="move", field="a1")
    assert (answer.status_code, answer.json()["message"]) == (403, "Not allowed")
    assert fields(game) == []


def test_taken_away_while_it_is_read_nothing_is_told(client, monkeypatch):
    game = new_game()
    publish(game, "a1")
    may = [True]
    monkeypatch.setattr(Games, "may_read", lambda self, caller, name: may[0])
    page_body = calls.page_body

    def slowly(*args):
        body = page_body(*args)
        may[0] = False
        streams.review("game", game)
        return body

    monkeypatch.setattr(calls, "page_body", slowly)
    answer = client.get(path_of(game))
    assert (answer.status_code, b"a1" in answer.content) == (403, False)
