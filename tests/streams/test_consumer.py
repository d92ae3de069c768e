"""A member of a stream of a project's own kind."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from hubbub.journal.append import append_now
from hubbub.streams.publishing import event_entry
from hubbub.streams.reviews import review
from hubbub.testing.quiet import settle
from tests.streams.games import member, new_game, publish
from tests.toys.models import Games, Step

pytestmark = pytest.mark.django_db


def test_what_one_asks_for_everyone_is_told_in_order_with_its_number():
    game = new_game()
    with member(game) as one, member(game) as other:
        one.say(type="move", field="a1")
        other.say(type="move", field="b2")
        other.say(type="resign")
        for hearer in (one, other):
            frames = [hearer.hear() for _ in range(3)]
            assert [frame["seq"] for frame in frames] == [1, 2, 3]
            assert {frame["type"] for frame in frames} == {"step", "resigned"}
            assert all(frame["timestamp"] for frame in frames)


def test_a_request_with_an_id_is_acked_and_stored_once():
    game = new_game()
    with member(game) as one:
        one.say(type="move", field="a1", id="m1")
        assert one.hear_until(type="ack")["seq"] == 1
        one.say(type="move", field="a1", id="m1")
        assert one.hear_until(type="ack") == {**one.heard[-1], "id": "m1", "seq": 1}
        one.say(type="move", field="b1", id="m1")
        assert one.hear_until(type="error")["code"] == "id_conflict"
    assert Step.objects.filter(name=game).count() == 1


def test_what_was_missed_comes_first_and_nothing_twice():
    game = new_game()
    for field in ("a1", "a2", "a3"):
        publish(game, field)
    with member(game, "?since=1") as one:
        recovery = one.hear()
        assert (recovery["recovered"], recovery["missed"]) == (True, 2)
        publish(game, "a4")
        assert [one.hear()["seq"] for _ in range(3)] == [2, 3, 4]


def test_a_page_of_history_is_told_at_the_beginning_and_on_asking():
    game = new_game()
    for number in range(5):
        publish(game, f"f{number}")
    with member(game, "?history=2") as one:
        page = one.hear()
        assert [event["seq"] for event in page["events"]] == [4, 5]
        assert (page["seq"], page["more"]) == (5, True)
        one.say(type="history", before=3, limit=5)
        page = one.hear()
        assert [event["field"] for event in page["events"]] == ["f0", "f1"]
        assert page["more"] is False


def test_who_may_not_enter_is_told_so_and_closed():
    game = new_game("closed")
    with member(game) as one:
        assert one.hear()["code"] == "forbidden"
        assert one.hear_goodbye().code == 4403
    staff = get_user_model().objects.create_user(f"s{game}", is_staff=True)
    with member(game, user=staff) as one:
        one.say(type="move", field="a1")
        assert one.hear()["seq"] == 1


def test_who_may_not_send_may_listen():
    game = new_game("read")
    with member(game) as one:
        one.say(type="move", field="a1", id="x")
        assert one.hear() == {**one.heard[-1], "type": "error", "code": "forbidden", "id": "x"}
        publish(game, "a1")
        assert one.hear()["seq"] == 1


def test_what_the_kind_refuses_is_told_with_its_sentence():
    game = new_game()
    with member(game) as one:
        one.say(type="move", field="taken", id="x")
        assert one.hear()["code"] == "forbidden"
        for bad in ({"type": "move"}, {"type": "move", "field": 7}, {"type": "chat_message"}):
            one.say(**bad)
            assert one.hear()["code"] == "invalid_format"
        one.say(type="move", field="a1")
        assert one.hear()["seq"] == 1


@pytest.mark.parametrize("bad", [{"limit": 0}, {"limit": 201}, {"before": 0}])
def test_a_page_that_cannot_be_is_refused_of_a_kind_too(bad):
    with member(new_game()) as one:
        one.say(type="history", **bad)
        assert one.hear()["code"] == "invalid_format"


def test_more_than_300_missed_events_are_not_recovered():
    game = new_game()
    moves = [event_entry("game", game, Step(field="a")) for _ in range(302)]
    append_now(moves)
    with member(game, "?since=1") as one:
        recovery = one.hear()
        assert (recovery["recovered"], recovery["seq"]) == (False, 302)
    with member(game, "?since=2") as one:
        assert one.hear()["missed"] == 300
        assert [one.hear()["seq"] for _ in range(300)] == list(range(3, 303))


def test_what_comes_later_is_in_the_next_replay():
    game = new_game()
    for field in ("a1", "a2"):
        publish(game, field)
        with member(game, "?since=0") as one:
            one.hear_until(type="recovery")
            assert one.hear_until(field=field)["seq"]


def test_a_method_that_fails_lets_nobody_in_and_the_log_says_why(monkeypatch, caplog):
    monkeypatch.setattr(Games, "may_enter", lambda *_: 1 / 0)
    with member(new_game()) as one:
        assert one.hear()["code"] == "forbidden"
        assert one.hear_goodbye().code == 4403
    assert "permission_failed reason=ZeroDivisionError" in caplog.text


@pytest.mark.django_db(transaction=True)
async def test_that_one_may_begin_a_stream_is_asked_again_after_a_review(monkeypatch):
    game = new_game()
    async with member(game) as one:
        await one.say(type="move", field="taken")
        assert (await one.hear())["code"] == "forbidden"
        monkeypatch.setattr(Games, "may_begin", lambda kind, caller, name: False)
        review("game", game)
        await settle()
        await one.say(type="move", field="a1")
        assert (await one.hear())["code"] == "forbidden"


@pytest.fixture
def each_field_once(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX toy_once ON toy_step (name, field)")
        yield
        cursor.execute("DROP INDEX toy_once")


def test_what_breaks_a_rule_of_the_project_s_own_table_is_the_request_s_fault(each_field_once):
    game = new_game()
    with member(game) as one:
        one.say(type="move", field="a1", id="x")
        one.hear_until(type="ack", id="x")
        one.say(type="move", field="a1", id="y")
        assert one.hear_until(type="error", id="y")["code"] == "invalid_format"
        one.say(type="move", field="b1", id="z")
        assert one.hear_until(type="ack", id="z")["seq"] == 2
