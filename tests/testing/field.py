"""Tests of somebody's project, which `test_projects.py` puts into one; each leaves rows behind."""

import pytest
from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import TestCase, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext

from hubbub.chat import services as chat
from hubbub.chat.models import Message
from hubbub.testing import Member

ROOM = "/ws/chat/general/"
POST = "/api/chat/general/messages/"
EVENT = {"type": "chat_message", "message": "Hello", "username": "System"}


class Own(AsyncJsonWebsocketConsumer):
    async def connect(self):
        await self.channel_layer.group_add("chat_general", self.channel_name)
        await self.accept()

    async def receive_json(self, content):
        users = await database_sync_to_async(get_user_model().objects.count)()
        await self.send_json({"users": users})

    async def chat_message(self, event):
        await self.send_json(event)


class Rows:
    def setUp(self):
        assert not Message.objects.exists(), "a row of another test"
        assert not get_user_model().objects.exists(), "a user of another test"

    def test_http(self):
        with Member(ROOM) as member:
            answer = self.client.post(POST, {"message": "Hello"}, content_type="application/json")
            assert answer.status_code == 200, answer.content
            assert member.hear()["message"] == "Hello"
        assert Message.objects.count() == 1

    def test_layer(self):
        with Member(ROOM) as member:
            async_to_sync(get_channel_layer().group_send)("chat_general", EVENT)
            assert member.hear()["username"] == "System"
        assert Message.objects.count() == 1

    def test_services(self):
        with Member(ROOM, user=get_user_model().objects.create_user("ada")) as member:
            member.say(type="chat_message", message="Hello")
            assert member.hear()["username"] == "ada"
            chat.post(room="general", message="there")
            assert member.hear()["message"] == "there"
            member.hear_nothing_more()

    def test_ready(self):
        assert self.client.get("/readyz").status_code == 200

    async def test_communicator(self):
        from project.asgi import application

        communicator = WebsocketCommunicator(application, ROOM)
        assert (await communicator.connect())[0]
        await chat.apost(room="general", message="Hello")
        assert (await communicator.receive_json_from(10))["message"] == "Hello"
        await communicator.disconnect()

    async def test_own_consumer(self):
        await get_user_model().objects.acreate_user("ada")
        async with Member("/ws/own/", application=Own.as_asgi()) as member:
            await member.say()
            assert await member.hear() == {"users": 1}
            await chat.apost(room="general", message="Hello")
            assert (await member.hear())["message"] == "Hello"

    @override_settings(HUBBUB_RATE_LIMIT="1/h")
    def test_limit(self):
        codes = [
            self.client.post(POST, {"message": "x"}, content_type="application/json").status_code
            for _ in range(2)
        ]
        assert codes == [200, 429]


class ATest(Rows, TestCase):
    pass


class BTest(Rows, TransactionTestCase):
    pass


class CTest(Rows, TestCase):
    pass


class DTest(Rows, TransactionTestCase):
    pass


async def nothing_stays():
    assert not await Message.objects.aexists()
    assert not await get_user_model().objects.aexists()
    ada = await get_user_model().objects.acreate_user("ada")
    async with Member(ROOM, user=ada) as member:
        await chat.apost(room="general", message="Hello")
        assert (await member.hear())["message"] == "Hello"
        await member.hear_nothing_more()


@pytest.mark.django_db
@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["once", "twice"])
async def test_plain(time):
    await nothing_stays()


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["once", "twice"])
async def test_transactional(time):
    await nothing_stays()


@pytest.mark.django_db
def test_the_tests_own_connection_is_the_one_that_is_used(client):
    with CaptureQueriesContext(connection) as captured:
        client.post(POST, {"message": "Hello"}, content_type="application/json")
    assert any("hubbub_chat_message" in query["sql"] for query in captured)
