"""`docs/trouble.md`: what nobody hears, hears twice, or missed."""

import json
import os
import tempfile

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from hubbub import cli, neighbours
from hubbub.chat.services import post
from hubbub.fanout import hub
from tests.docs.trouble import PAGE, frames, say, see

HELLO = {"type": "chat_message", "message": "hello", "username": "zoe"}


def group_send(group, event):
    async_to_sync(get_channel_layer().group_send)(group, event)


def heard(ws):
    """What is heard up to a marker."""
    post(room="general", message="marker", username="zoe")
    texts = []
    while texts[-1:] != ["marker"]:
        texts.append(frames(ws, "chat_message")[-1]["message"])
    return texts[:-1]


class TestNobodyHears:
    def test_a_process_s_own_event(self, caplog, monkeypatch):
        monkeypatch.setattr(hub.hubs, "_all", ())  # as in a command
        group_send("lobby", {"type": "lobby.greeting"})
        see(caplog.text, 'event_unheard reason="no sockets here"')

    def test_a_type_that_no_endpoint_knows(self, site):
        group_send("chat_general", {"type": "chat_greeting"})
        see(site.log("event_unheard"), 'event_unheard reason="unknown type"')

    def test_a_channel_without_a_worker(self, caplog):
        async_to_sync(get_channel_layer().send)("thumbs", {"type": "make"})
        see(caplog.text, 'event_unheard reason="no worker here"')

    def test_keys_that_are_not_stored(self, site):
        with site.hear() as ws:
            group_send("chat_general", HELLO | {"colour": "red"})
            assert "colour" not in frames(ws, "chat_message")[-1]
        see(site.log("event_keys_dropped"), "event_keys_dropped")

    async def test_a_consumer_that_does_not_keep_up(self, caplog, monkeypatch):
        layer = get_channel_layer()
        monkeypatch.setattr(layer, "capacity", 1)
        await layer.group_add("lobby", await layer.new_channel())
        await layer.group_send("lobby", {"type": "lobby.greeting"})
        await layer.group_send("lobby", {"type": "lobby.greeting"})
        see(caplog.text, "channel_full")

    def test_some_where_another_process_serves_the_same(self, db, caplog, monkeypatch, tmp_path):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        monkeypatch.setattr(neighbours, "_held", [])
        neighbours.take_seat()
        [other] = neighbours._held  # as if another process had it
        neighbours._held.clear()
        neighbours.take_seat()
        see(caplog.text, "processes_apart", "start one, until there is a bus")
        neighbours.leave()
        os.close(other)

    def test_some_of_several_workers(self, capsys):
        assert cli.main(["serve", "--workers", "2"]) != 0
        see(
            capsys.readouterr().err,
            "--workers 2: several processes must share a bus, and there is none yet."
            " Start with one.",
        )

    def test_another_group(self, site):
        assert "not `general`" in PAGE
        with site.hear() as ws:
            group_send("general", HELLO)
            assert heard(ws) == []
            group_send("chat_general", HELLO)
            assert heard(ws) == ["hello"]
        assert "event_unheard" not in site.caplog.text

    def test_a_transaction_that_is_not_over(self, site):
        assert "`transaction.atomic()`" in PAGE
        with site.hear() as ws:
            with transaction.atomic():
                post(room="general", message="hello", username="zoe")
                ws.send('{"type": "ping"}')
                assert [frame["type"] for frame in frames(ws, "pong")] == ["pong"]
            assert heard(ws) == ["hello"]
            with transaction.atomic():
                post(room="general", message="never", username="zoe")
                transaction.set_rollback(True)
            assert heard(ws) == []


class TestTwiceOrNotAtAll:
    def test_without_an_id(self, site):
        with site.hear() as ws:
            for _ in range(2):
                say(ws, "hello")
            told = [frames(ws, "chat_message")[-1] for _ in range(2)]
            assert [frame["seq"] for frame in told] == [1, 2]
            assert {frame["message"] for frame in told} == {"hello"}
            see(told, "seq")
            for _ in range(2):
                say(ws, "hello", id="m-1")
            acks = [frames(ws, "ack")[-1]["seq"] for _ in range(2)]
            assert acks == [3, 3]

    def test_without_since(self, site):
        post(room="general", message="hello", username="zoe")
        with site.hear() as ws:
            assert heard(ws) == []
        with site.hear("/ws/chat/general/?since=0") as ws:
            kinds = [json.loads(ws.recv(timeout=20))["type"] for _ in range(3)]
            see(kinds, "recovery")

    def test_from_another_epoch(self, site):
        post(room="general", message="hello", username="zoe")
        with site.hear("/ws/chat/general/?since=1&epoch=other") as ws:
            see(ws.recv(timeout=20).replace('":', '": '), '"recovered": false')
