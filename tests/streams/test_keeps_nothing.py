"""A kind that keeps nothing: what is told to those who are there, and stored nowhere."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import ExitStack
from threading import Thread

import pytest
from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client, TestCase

from hubbub import streams
from hubbub.asgi import application
from hubbub.errors import FailedError, InvalidFormatError, InvalidValueError, OverloadedError
from hubbub.fanout import hub
from hubbub.journal import passing
from hubbub.journal.models import Stream
from hubbub.journal.prune import prune
from hubbub.journal.table import tables
from hubbub.testing import Goodbye, Member
from tests.api_v1.talk import talk
from tests.chaos.rough import CLOSE, connect_roughly
from tests.queries import all_queries
from tests.server.serving import serving
from tests.streams.games import fields, new_game
from tests.streams.games import member as game_member
from tests.toys.models import Games, Step
from tests.toys.pointers import Pointed, Pointers
from tests.toys.sheets import Note, Sheets

pytestmark = pytest.mark.django_db(transaction=True)

NO_HISTORY = {"type": "history", "events": [], "seq": 0, "epoch": "none", "more": False}
NOT_RECOVERED = {"type": "recovery", "recovered": False, "seq": 0, "epoch": "none"}
FORBIDDEN = {"type": "error", "message": "Not allowed", "code": "forbidden"}


def new_board(prefix="b"):
    return f"{prefix}{secrets.token_hex(4)}"


def path_of(board, query=""):
    return f"/ws/pointers/{board}/{query}"


def member(board, query="", **options):
    return Member(path_of(board, query), **options)


def publish(board, x):
    return streams.publish("pointer", board, Pointed(x))


async def apublish(board, x):
    return await streams.apublish("pointer", board, Pointed(x))


def staff():
    return get_user_model().objects.create_user(secrets.token_hex(4), is_staff=True)


# What is told.


def test_everybody_is_told_the_sender_too_in_order_and_without_a_number():
    board = new_board()
    with member(board) as one, member(board) as other:
        for x in range(3):
            one.say(type="point", x=x)
        for hearer in (one, other):
            frames = [hearer.hear() for _ in range(3)]
            assert [frame["x"] for frame in frames] == [0, 1, 2]
            assert all(frame.keys() == {"type", "x", "timestamp"} for frame in frames)


@pytest.mark.parametrize("loops", [1, 2])
async def test_who_tells_faster_than_is_written_is_told_so_and_nothing_is_lost(monkeypatch, loops):
    board = new_board()
    monkeypatch.setattr(hub, "QUEUE", 10)
    if loops > 1:
        other = hub.Hub(asyncio.get_running_loop())
        monkeypatch.setattr(hub.hubs, "_all", (*hub.hubs._all, (other.loop, other)))
    async with member(board) as one:
        for x in range(10):
            await apublish(board, x)
        with pytest.raises(OverloadedError):
            await apublish(board, "too many")
        with pytest.raises(OverloadedError):
            publish(board, "too many")
        assert [(await one.hear())["x"] for _ in range(10)] == list(range(10))
        await apublish(board, 10)
        assert (await one.hear())["x"] == 10


async def test_so_is_a_client(monkeypatch):
    board = new_board()
    async with member(board) as one:
        with monkeypatch.context() as patch:
            patch.setattr(hub, "QUEUE", 0)
            await one.say(type="point", x=1, id="a")
            error = await one.hear()
            assert (error["code"], error["id"]) == ("overloaded", "a")
        await one.say(type="point", x=2, id="b")
        assert (await one.hear_until(type="ack"))["id"] == "b"
        assert [frame.get("x") for frame in one.heard] == [None, 2, None]


def test_nothing_is_asked_of_the_database_and_nothing_is_in_it(monkeypatch):
    board = new_board()
    with all_queries(monkeypatch) as asked, member(board) as one:
        for x in range(20):
            one.say(type="point", x=x, id=f"p{x}")
            assert one.hear_until(type="ack")["id"] == f"p{x}"
        publish(board, 20)
        one.hear_until(x=20)
        one.say(type="history")
        one.hear_until(type="history")
    assert asked == []
    assert not Stream.objects.filter(name__endswith=board).exists()
    assert "pointer" not in {table.label for table in tables()}
    assert "pointer" not in {pruned.label for pruned in prune({})}


def test_an_id_is_answered_with_that_it_was_taken_and_sent_again_it_is_told_again():
    with member(new_board()) as one:
        for _ in range(2):
            one.say(type="point", x=1, id="p1")
            told = [one.hear(), one.hear()]
            assert told == [{**told[0], "type": "pointed", "x": 1}, {"type": "ack", "id": "p1"}]


def test_who_joins_hears_only_what_comes_after():
    board = new_board()
    with member(board) as one:
        for x in range(50):
            publish(board, x)
        with member(board) as late:
            publish(board, "after")
            assert late.hear()["x"] == "after"
        assert [one.hear()["x"] for _ in range(51)] == [*range(50), "after"]


@pytest.mark.parametrize(
    ("query", "frames"),
    [
        ("?since=7", [NOT_RECOVERED]),
        ("?since=0&epoch=none", [NOT_RECOVERED]),
        ("?history=50", [NO_HISTORY]),
        ("?history=0", [NO_HISTORY]),
        ("?since=7&epoch=k3f9&history=50", [NOT_RECOVERED, NO_HISTORY]),
    ],
)
def test_who_asks_for_what_it_missed_is_told_first_that_it_is_lost(query, frames):
    board = new_board()
    publish(board, 1)
    with member(board, query) as one:
        publish(board, 2)
        assert [one.hear() for _ in frames] == frames
        assert one.hear()["x"] == 2


def test_a_page_of_history_is_empty():
    with member(new_board()) as one:
        one.say(type="point", x=1)
        one.say(type="history", limit=10)
        assert [one.hear()["type"], one.hear()] == ["pointed", NO_HISTORY]


# What a project's own code tells.


def test_it_is_told_after_the_commit_or_not_at_all():
    board = new_board()
    with member(board) as hearer:
        with transaction.atomic():
            publish(board, 1)
            with transaction.atomic():
                publish(board, 2)
            publish_to_another = publish(board, 3)
            hearer.say(type="point", x=0)
            assert hearer.hear()["x"] == 0, "nothing is told before the commit"
        with transaction.atomic():
            publish(board, 4)
            transaction.set_rollback(True)
        publish(board, 5)
        assert [hearer.hear()["x"] for _ in range(4)] == [1, 2, 3, 5]
    assert (publish_to_another.seq, publish_to_another.again) == (0, False)


async def test_async_code_tells_at_once():
    board = new_board()
    async with member(board) as hearer:
        told = await apublish(board, 1)
        assert await hearer.hear() == {"type": "pointed", "x": 1, "timestamp": told.timestamp}


def test_a_frame_is_of_the_moment_in_which_it_was_published():
    board, pointed = new_board(), Pointed(1)
    with member(board) as hearer:
        with transaction.atomic():
            streams.publish("pointer", board, pointed)
            pointed.x = 2
        assert hearer.hear()["x"] == 1


def test_many_threads_and_loops_are_heard_in_one_order():
    board, threads, each = new_board(), 8, 100

    def speak(number):
        for index in range(each):
            publish(board, [number, index])

    with ExitStack() as stack:
        hearers = [stack.enter_context(member(board)) for _ in range(3)]
        speakers = [Thread(target=speak, args=(number,)) for number in range(threads)]
        for speaker in speakers:
            speaker.start()
        for speaker in speakers:
            speaker.join()
        heard = [[hearer.hear()["x"] for _ in range(threads * each)] for hearer in hearers]
    assert heard[0] == heard[1] == heard[2]
    for number in range(threads):
        own = [index for speaker, index in heard[0] if speaker == number]
        assert own == list(range(each)), "each thread's in the order in which it spoke"


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 65])
def test_what_no_stream_can_be_called_is_refused(name):
    with pytest.raises(InvalidFormatError):
        publish(name, 1)


def test_an_event_of_another_class_is_refused():
    with pytest.raises(TypeError, match="an event of 'pointer' is a Pointed, not Step"):
        streams.publish("pointer", "a", Step(field="a1"))


@pytest.mark.parametrize("value", [object(), "\ud800"])
def test_what_cannot_be_shown_is_told_to_nobody_and_the_log_says_why(caplog, value):
    board = new_board()
    with member(board) as hearer:
        with pytest.raises(FailedError):
            publish(board, value)
        publish(board, 2)
        assert hearer.hear()["x"] == 2
    assert "event_not_shown" in caplog.text


def test_a_kind_that_fails_fails_the_request_and_not_the_connection(monkeypatch, caplog):
    board, shown = new_board(), Pointers.show
    with member(board) as one:
        monkeypatch.setattr(Pointers, "show", lambda *_: 1 / 0)
        one.say(type="point", x=1, id="p1")
        assert one.hear() == {**one.heard[-1], "code": FailedError.code, "id": "p1"}
        with pytest.raises(FailedError):
            publish(board, 2)
        monkeypatch.setattr(Pointers, "show", shown)
        one.say(type="point", x=3)
        assert one.hear()["x"] == 3
    assert "event_not_shown reason=ZeroDivisionError" in caplog.text


async def test_a_channels_consumer_in_the_streams_group_hears_it():
    board, layer = new_board(), get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(f"pointer.{board}", channel)
    for x in range(3):
        await apublish(board, x)
    heard = [await layer.receive(channel) for _ in range(3)]
    assert [(event["type"], event["x"]) for event in heard] == [("pointed", x) for x in range(3)]
    assert "seq" not in heard[0]


async def test_a_channels_consumer_hears_beside_a_member_what_another_one_says():
    board, layer = new_board(), get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(f"pointer.{board}", channel)
    async with member(board) as one:
        await one.say(type="point", x=1)
        assert (await one.hear())["x"] == 1
        async with asyncio.timeout(10):
            assert (await layer.receive(channel))["x"] == 1


def test_a_process_that_serves_no_sockets_says_so_once(monkeypatch, caplog):
    monkeypatch.setattr(hub.hubs, "_all", ())
    monkeypatch.setattr(passing, "_warned", False)
    monkeypatch.setattr(passing, "living", list)
    for x in range(3):
        publish(new_board(), x)
    assert len(caplog.records) == 1
    assert caplog.records[0].getMessage().startswith('event_unheard reason="no sockets here"')


class InATestCase(TestCase):
    """Whose transaction is never committed."""

    def test_it_is_told_as_after_a_commit(self):
        board = new_board()
        with member(board) as hearer:
            publish(board, 1)
            with transaction.atomic():
                publish(board, 2)
            assert [hearer.hear()["x"], hearer.hear()["x"]] == [1, 2]


# Who may.


def test_who_may_not_enter_is_told_so_and_closed():
    board = new_board("enter")
    with member(board) as one:
        assert one.hear() == FORBIDDEN
        assert one.hear_goodbye() == Goodbye(4403, "not allowed")
    with member(board, user=staff()) as one:
        one.say(type="point", x=1)
        assert one.hear()["x"] == 1


@pytest.mark.parametrize("right", ["send", "begin"])
def test_who_may_not_send_may_listen_and_of_what_is_kept_nowhere_each_is_a_first_one(right):
    board = new_board(right)
    with member(board) as one:
        for _ in range(2):
            one.say(type="point", x=1, id="p1")
            assert one.hear() == {**FORBIDDEN, "id": "p1"}
            publish(board, 2)
            assert one.hear()["x"] == 2


def test_who_may_not_read_is_told_so_and_hears_what_comes():
    board = new_board("read")
    with member(board, "?since=1&history=5") as one:
        publish(board, 1)
        assert [one.hear(), one.hear()["x"]] == [FORBIDDEN, 1]
        one.say(type="history")
        assert one.hear() == FORBIDDEN


def test_what_is_taken_away_ends_it_and_nothing_is_heard_after_it(monkeypatch):
    board = new_board()
    with member(board) as one, member(board, user=staff()) as other:
        publish(board, 1)
        assert one.hear()["x"] == 1
        monkeypatch.setattr(Pointers, "may_enter", lambda _, caller, name: caller.is_staff)
        streams.review("pointer", board)
        assert one.hear() == FORBIDDEN
        publish(board, 2)
        assert one.hear_goodbye() == Goodbye(4403, "not allowed")
        assert [frame.get("x") for frame in one.heard] == [1, None]
        assert [other.hear()["x"] for _ in range(2)] == [1, 2]


async def test_a_full_stream_sends_the_next_one_away_and_takes_it_when_one_has_left(settings):
    settings.HUBBUB_MAX_MEMBERS = 1
    board = new_board()
    async with member(board), member(board) as other:
        assert (await other.hear_goodbye()).code == 1013
    async with member(board) as one:
        await one.say(type="point", x=1)
        assert (await one.hear())["x"] == 1


# Over HTTP.


@pytest.mark.urls("hubbub.urls")
def test_what_is_sent_over_http_is_told_and_answered_as_it_was_told(client, monkeypatch):
    board = new_board()
    with member(board) as hearer:
        for _ in range(2):
            answer = post(client, board, x=1, id="p1").json()
            assert answer["message"] == "Told"
            assert answer["data"] == hearer.hear()


@pytest.mark.urls("hubbub.urls")
def test_a_page_over_http_is_empty_and_says_that_nothing_is_kept(client):
    board = new_board()
    post(client, board, x=1)
    answer = client.get(f"/api/streams/pointer/{board}/", {"after": 0}).json()
    page = {"events": [], "seq": 0, "first": 1, "epoch": "none", "more": False}
    assert answer == {"status": "success", "message": "Nothing is kept", "data": page}


@pytest.mark.urls("hubbub.urls")
@pytest.mark.parametrize("right", ["enter", "read", "send", "begin"])
def test_who_may_not_may_not_over_http(client, right):
    board = new_board(right)
    may_read, may_send = right in {"send", "begin"}, right == "read"
    path = f"/api/streams/pointer/{board}/"
    assert client.get(path).status_code == (200 if may_read else 403)
    assert post(client, board, x=1).status_code == (200 if may_send else 403)
    one = Client()
    one.force_login(staff())
    assert (one.get(path).status_code, post(one, board, x=1).status_code) == (200, 200)


@pytest.mark.urls("hubbub.urls")
def test_its_events_are_described_without_a_number(client):
    parts = client.get("/api/openapi.json").json()["components"]["schemas"]
    assert parts["pointer.Event"]["required"] == ["type", "x", "timestamp"]
    assert "seq" in parts["game.Event"]["required"]


def post(client, board, **body):
    path = f"/api/streams/pointer/{board}/"
    return client.post(path, {"type": "point", **body}, content_type="application/json")


# Over real sockets.


async def test_servers_of_one_process_hear_each_other_in_one_order(settings):
    settings.HUBBUB_RATE_LIMIT = "off"
    board = new_board()
    with serving(application) as one, serving(application) as other:
        urls = [f"ws://127.0.0.1:{server.port}{path_of(board)}" for server in (one, other)]
        async with talk(urls[0]) as first, talk(urls[1]) as second:
            await asyncio.gather(*(say_many(speaker, 200) for speaker in (first, second)))
            heard = [
                [(await hearer.hear_until(type="pointed"))["x"] for _ in range(400)]
                for hearer in (first, second)
            ]
    assert heard[0] == heard[1]


async def say_many(speaker, number):
    for x in range(number):
        await speaker.say(type="point", x=x)


async def test_who_does_not_read_is_closed_with_4408_and_the_others_miss_nothing(settings, caplog):
    settings.HUBBUB_OUTLET_BUDGET, settings.HUBBUB_RATE_LIMIT = 64 * 1024, "off"
    board, text = new_board(), "x" * 60_000
    with serving(application) as server:
        slow = await connect_roughly(server.port, path_of(board), receive_buffer=4096)
        async with talk(f"ws://127.0.0.1:{server.port}{path_of(board)}") as other:
            told = 0
            while "member_too_slow" not in caplog.text and told < 500:
                await apublish(board, [told, text])
                assert (await other.hear())["x"][0] == told
                told += 1
            assert told < 500, "the slow one is still there"
            await apublish(board, "the end")
            assert (await other.hear())["x"] == "the end"
            heard = 0
            while (frame := await slow.hear())[0] != CLOSE:
                heard += 1
            assert frame[1] == b"\x11\x38too slow"
            assert heard < told


# From keeping nothing to keeping, and back.


def test_what_a_model_takes_and_gives_itself_is_so_whether_it_is_kept_or_not(monkeypatch):
    monkeypatch.setattr(Sheets, "keep", streams.NOTHING)
    sheet = new_board()
    with Member(f"/ws/sheets/{sheet}/") as one:
        streams.publish("sheet", sheet, Note(price=3))
        told = one.hear()
        assert (told["price"], bool(told["noted"])) == ("3.00", True)
        for wrong in ({"text": "x" * 21}, {"rest": None}, {"price": "much"}):
            with pytest.raises(InvalidValueError):
                streams.publish("sheet", sheet, Note(**wrong))
        one.say(type="write", text="x" * 21, id="x")
        assert one.hear()["field"] == "text"


def test_a_kind_of_a_model_keeps_or_does_not_by_one_line(monkeypatch):
    game = new_game()
    streams.publish("game", game, Step(field="a1"))
    with monkeypatch.context() as patch:
        patch.setattr(Games, "keep", streams.NOTHING)
        with game_member(game, "?since=0") as one:
            assert one.hear() == NOT_RECOVERED
            one.say(type="move", field="b1", id="m1")
            told = one.hear()
            assert (told["field"], "seq" in told) == ("b1", False)
            assert one.hear() == {"type": "ack", "id": "m1"}
    streams.publish("game", game, Step(field="c1"))
    assert fields(game) == [(1, "a1"), (2, "c1")]
    with game_member(game, "?since=0&epoch=none") as one:
        assert one.hear()["recovered"] is False, "it has no number to go on from"
