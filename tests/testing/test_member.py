"""A member of the project's own application: what it hears, is refused, and does not hear."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import TestCase, TransactionTestCase, override_settings

from hubbub.accounts.tokens import token_create
from hubbub.anew import end_threads, forget_all
from hubbub.asgi import application
from hubbub.chat import services as chat
from hubbub.chat.rooms import find_room
from hubbub.counter import services as counter
from hubbub.fanout.hub import hubs, local_hub
from hubbub.journal.process import all_followers
from hubbub.notifications import services as notifications
from hubbub.notifications.readers import readers
from hubbub.routing import SOCKET_PATHS
from hubbub.testing import Closed, Goodbye, Member, Refused
from hubbub.testing.member import is_ours

LOBBY = "/ws/chat/lobby/"


def new_user(name: str = "ada"):
    return get_user_model().objects.create_user(name, password="her password")


class Sync:
    def test_it_hears_what_it_says_and_what_code_publishes(self):
        with Member(LOBBY, user=new_user()) as ada:
            ada.say(type="chat_message", message="Hello")
            assert ada.hear_until(type="chat_message")["username"] == "ada"
            chat.post(room="lobby", message="from a view")
            assert ada.hear()["message"] == "from a view"
            async_to_sync(chat.apost)(room="lobby", message="from async code")
            assert ada.hear()["message"] == "from async code"
            body = {"message": "over HTTP", "username": "bob"}
            self.client.post("/api/chat/lobby/messages/", body, content_type="application/json")
            assert ada.hear()["message"] == "over HTTP"
            ada.hear_nothing_more()

    def test_what_a_block_stores_is_told_when_it_ends_or_never(self):
        with Member(LOBBY) as ada:
            for rolled_back in (True, False):
                with transaction.atomic():
                    chat.post(room="lobby", message=f"{rolled_back}")
                    ada.hear_nothing_more()
                    transaction.set_rollback(rolled_back)
            assert ada.hear()["message"] == "False"
            ada.hear_nothing_more()

    def test_members_hear_each_other_and_not_those_of_another_room(self):
        with Member(LOBBY) as ada, Member(LOBBY) as bob, Member("/ws/chat/kitchen/") as eve:
            ada.say(type="chat_message", message="Hello", username="ada")
            assert bob.hear_until(type="chat_message")["message"] == "Hello"
            eve.hear_nothing_more()
            assert eve.heard == []

    def test_it_is_who_is_signed_in_to_the_client(self):
        self.client.force_login(new_user())
        with Member("/ws/notifications/?unread=1", client=self.client) as ada:
            user = get_user_model().objects.get()
            notifications.send(title="For you", message="this", user_id=user.pk)
            assert ada.hear_until(title="For you")["message"] == "this"

    def test_what_is_for_somebody_else_does_not_come(self):
        ada, bob = new_user("ada"), new_user("bob")
        with Member("/ws/notifications/", user=ada) as hers:
            assert hers.hear()["type"] == "connection_status"
            notifications.send(title="For him", message="this", user_id=bob.pk)
            hers.hear_nothing_more()

    def test_a_counter_is_there(self):
        with Member("/ws/counter/clicks/") as ada:
            ada.hear_until(type="user_count_update", count=1)
            counter.change(name="clicks", action="increment", value=3)
            assert ada.hear_until(type="counter_update", counter=3)["action"] == "increment"
            ada.hear_nothing_more()

    @override_settings(HUBBUB_CHAT_REQUIRES_USER=True)
    def test_the_goodbye_is_heard(self):
        with Member(LOBBY) as nobody:
            assert nobody.hear()["code"] == "unauthenticated"
            assert nobody.hear_goodbye() == Goodbye(4401, "authentication required")
            with pytest.raises(Closed):
                nobody.hear()
            with pytest.raises(Closed):
                nobody.say(type="chat_message", message="Hello?")

    def test_a_refused_handshake_has_its_status(self):
        with (
            pytest.raises(Refused) as caught,
            Member(LOBBY, headers={"Origin": "https://evil.example"}),
        ):
            pass
        assert caught.value.status == 403

    def test_one_that_more_comes_to_is_told_of(self):
        with Member(LOBBY) as ada:
            ada.say(type="chat_message", message="Hello")
            with pytest.raises(AssertionError, match=r"more came: .*Hello"):
                ada.hear_nothing_more()

    def test_one_that_is_left_open_ends_with_its_test(self):
        Member(LOBBY, user=new_user()).__enter__()

    def test_one_that_is_left_open_is_not_there_in_another(self):
        self.test_one_that_is_left_open_ends_with_its_test()
        assert find_room("lobby").roll.count == 1

    def test_its_end_is_noticed(self):
        with Member(LOBBY, user=new_user("ada")) as ada:
            with Member(LOBBY, user=new_user("bob")):
                ada.hear_until(event="user_joined", username="bob")
            assert ada.hear_until(event="user_left")["username"] == "bob"


@override_settings(ROOT_URLCONF="hubbub.urls")
class InATransaction(Sync, TestCase):
    async def test_in_an_async_test_it_is_awaited(self):
        user = await get_user_model().objects.acreate_user("ada")
        async with Member(LOBBY, user=user) as ada:
            await chat.apost(room="lobby", message="Hello")
            assert (await ada.hear())["message"] == "Hello"
            await ada.hear_nothing_more()


@override_settings(ROOT_URLCONF="hubbub.urls")
class Committed(Sync, TransactionTestCase):
    pass


pytestmark = pytest.mark.django_db


async def test_a_token_is_shown():
    user = await get_user_model().objects.acreate_user("ada")
    async with Member(LOBBY, token=await sync_to_async(make_token)(user)) as ada:
        await ada.say(type="chat_message", message="Hello")
        assert (await ada.hear())["username"] == "ada"


def make_token(user) -> str:
    return token_create(user=user)


async def test_what_is_stored_and_not_yet_told_is_waited_for(monkeypatch):
    """Mutation: without the look at the table nothing would have come yet."""
    monkeypatch.setattr("hubbub.journal.process.ring", lambda stored: None)
    monkeypatch.setattr("hubbub.journal.process.writer._ring", lambda stored: None)
    async with Member(LOBBY) as ada:
        await chat.apost(room="lobby", message="unrung")
        with pytest.raises(AssertionError, match=r"more came: .*unrung"):
            await ada.hear_nothing_more()


async def test_what_is_published_a_moment_before_has_come_too():
    async with Member(LOBBY) as ada, Member(LOBBY) as bob:
        for number in range(20):
            await ada.say(type="chat_message", message=str(number))
        with pytest.raises(AssertionError, match=r"more came: .*19"):
            await bob.hear_nothing_more()
        local_hub().publish("chat_lobby", b'\x81\x0f{"type":"last"}')
        with pytest.raises(AssertionError, match="last"):
            await bob.hear_nothing_more()


async def test_one_that_waits_in_vain_says_for_what_and_what_it_heard():
    async with Member(LOBBY, deadline=0.05) as ada:
        await chat.apost(room="lobby", message="only this")
        with pytest.raises(AssertionError, match=r"nothing came for 0\.05 s.*only this"):
            await ada.hear_until(type="never")


async def test_one_that_outlives_its_test_hangs_up_in_peace():
    members = [
        Member(path)
        for path in ("/ws/chat/kitchen/", "/ws/counter/", "/ws/notifications/?unread=1")
    ]
    for member in members:
        await member.connect()
    end_threads()
    for kept in (hubs, all_followers, readers):
        kept._all = ()  # as after its loop has ended
    forget_all()
    async with Member(LOBBY) as ada:
        await chat.apost(room="lobby", message="Hello")
        assert (await ada.hear())["message"] == "Hello"
        for member in members:
            await member.hang_up()
        await ada.hear_nothing_more()


async def test_a_middleware_that_wraps_what_is_said_hears_all_of_it():
    said = []

    async def counting(scope, receive, send):
        async def count(message):
            said.append(message["type"])
            await send(message)

        await application(scope, receive, count)

    async with Member(LOBBY, application=counting) as ada, Member(LOBBY) as bob:
        await bob.say(type="chat_message", message="Hello")
        assert (await ada.hear_until(type="chat_message"))["message"] == "Hello"
        await bob.say(type="chat_message", message="again")
        with pytest.raises(AssertionError, match=r"more came: .*again"):
            await ada.hear_nothing_more()
    assert said.count("websocket.send") >= 2


class Echo(AsyncJsonWebsocketConsumer):
    async def connect(self):
        await self.accept("echo.v1" if "echo.v1" in self.scope["subprotocols"] else None)

    async def receive_json(self, content):
        if content.get("fail"):
            raise ZeroDivisionError("asked for")
        await self.send_json(content)
        if content.get("end"):
            await self.close(4000, "as asked")


async def test_a_consumer_of_the_projects_is_talked_to_as_well():
    path = "/ws/echo/"
    async with Member(path, application=Echo.as_asgi(), subprotocols=["echo.v1"]) as ada:
        assert ada.subprotocol == "echo.v1"
        await ada.say(n=1)
        assert await ada.hear() == {"n": 1}
        with pytest.raises(TypeError, match="hear_until"):
            await ada.hear_nothing_more()
        await ada.say(end=True)
        assert await ada.hear_goodbye() == Goodbye(4000, "as asked")


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("/ws/chat/lobby/?since=1", True),
        ("/shop/ws/chat/lobby", True),
        ("/ws", True),
        ("/live/auctions/7/", True),
        ("/shop/live/auctions/7", True),
        ("/ws/echo/", False),
        ("/alive/auctions/7/", False),
        ("/ws/chat/lobby/more/", False),
    ],
)
def test_a_projects_own_kind_is_one_of_ours_wherever_it_is(monkeypatch, path, ours):
    own = (r"^live/auctions/(?P<name>[^/]+)/?$", None)
    monkeypatch.setattr("hubbub.testing.member.SOCKET_PATHS", [*SOCKET_PATHS, own])
    assert is_ours(path) is ours


async def test_what_the_application_raises_is_the_tests_own_error():
    async def broken(scope, receive, send):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with Member("/ws/broken/", application=broken):
            pass
    async with Member("/ws/echo/", application=Echo.as_asgi()) as ada:
        await ada.say(fail=True)
        assert await ada.hear_goodbye() == Goodbye(1011, "ZeroDivisionError: asked for")
    with pytest.raises(ZeroDivisionError):
        async with Member("/ws/echo/", application=Echo.as_asgi()) as ada:
            await ada.say(fail=True)


async def test_in_an_async_test_a_sync_one_says_what_to_write():
    with pytest.raises(TypeError, match="async with"), Member(LOBBY):
        pass
