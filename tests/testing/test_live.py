"""The project served in a thread of the test: on the test's own connection, and no longer."""

import json
import threading
from contextlib import ExitStack
from urllib.request import Request

import pytest
from django.contrib.auth import get_user_model
from django.test import TestCase, TransactionTestCase, override_settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from hubbub.asgi import application
from hubbub.chat import services as chat
from hubbub.chat.models import Message
from hubbub.testing import live_server
from tests.servers import opener


class Both:
    def test_clients_on_the_network_speak_and_hear(self):
        assert not Message.objects.exists()
        with live_server(application) as address:
            ws = address.replace("http", "ws")
            with connect(f"{ws}/ws/chat/lobby/", proxy=None) as client:
                chat.post(room="lobby", message="from the test")
                assert json.loads(client.recv(timeout=10))["message"] == "from the test"
                client.send('{"type": "chat_message", "message": "from the network"}')
                assert json.loads(client.recv(timeout=10))["message"] == "from the network"
                body = b'{"message": "over HTTP"}'
                kind = {"Content-Type": "application/json"}
                opener.open(Request(f"{address}/api/chat/lobby/messages/", body, kind)).close()
                assert json.loads(client.recv(timeout=10))["message"] == "over HTTP"
        assert Message.objects.count() == 3

    def test_a_sync_view_sees_the_tests_rows(self):
        get_user_model().objects.create_user("ada")
        with live_server(application) as address, opener.open(f"{address}/users/") as page:
            assert page.read() == b"1"

    def tearDown(self):
        names = [thread.name for thread in threading.enumerate()]
        assert not any(name.startswith(("live-server", "hubbub-live")) for name in names)


@override_settings(ROOT_URLCONF="tests.testing.urls")
class InATransaction(Both, TestCase):
    pass


@override_settings(ROOT_URLCONF="tests.testing.urls")
class Committed(Both, TransactionTestCase):
    pass


@pytest.mark.django_db
def test_its_end_says_when_to_come_back():
    with ExitStack() as stack:
        with live_server(application) as address:
            path = address.replace("http", "ws") + "/ws/chat/lobby/"
            client = stack.enter_context(connect(path, proxy=None))
        with pytest.raises(ConnectionClosed, match="1012"):
            client.recv(timeout=10)
