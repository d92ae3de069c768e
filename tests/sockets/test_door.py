"""Who is let in, in which order the others are refused, and that every seat is given back."""

import asyncio
import json
from typing import ClassVar

import pytest
from django.db import InterfaceError, OperationalError

from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.errors import (
    OverloadedError,
    SessionEndedError,
    TokenExpiredError,
    UnauthenticatedError,
)
from hubbub.sockets import door as module
from hubbub.sockets.door import PROCESS, Door, not_found, seats
from tests.sockets.outlets import Outlet

ADA = Caller(7, "ada")
ADDRESS = "10.0.0.1"


class Consumer:
    """Notes who came, and into which room."""

    met: ClassVar[list] = []
    hears: ClassVar[tuple[str, ...]] = ()

    def __init__(self, connection, name):
        self.met.append((connection.caller, name, connection.extended))

    def streams(self):
        return self.hears

    async def admit(self):
        pass

    def open(self):
        pass

    def receive(self, payload):
        pass

    def leave(self):
        self.met.append("left")


class Socket(Outlet):
    """A socket of our own server: it takes a receiver."""

    receiver = None

    def hand_over(self, receiver, *, max_frame, budget):
        self.receiver = receiver
        self.limits = (max_frame, budget)


@pytest.fixture(autouse=True)
def met(monkeypatch):
    monkeypatch.setattr(Consumer, "met", [])
    yield Consumer.met
    assert seats._held == {}, "somebody has not given back a seat"


@pytest.fixture
def door():
    return Door(Consumer, requires_user="chat_requires_user", default_name="lobby")


@pytest.fixture
def speaks(monkeypatch):
    """Say who speaks; an exception is raised."""

    def say(caller):
        async def identify(scope):
            if isinstance(caller, BaseException):
                raise caller
            return caller

        monkeypatch.setattr(module, "identify", identify)

    say(ANONYMOUS)
    return say


class Knock:
    """One connection that asks to be let in."""

    def __init__(self, name="general", *, origin=None, query=b"", subprotocols=(), own=True):
        self.socket = Socket() if own else None
        self.sent = []
        self.incoming = [{"type": "websocket.connect"}]
        headers = [(b"host", b"testserver")]
        self.scope = {
            "type": "websocket",
            "client": (ADDRESS, 1234),
            "path": f"/ws/{name}/",
            "headers": headers if origin is None else [*headers, (b"origin", origin)],
            "query_string": query,
            "subprotocols": list(subprotocols),
            "url_route": {"kwargs": {} if name is None else {"name": name}},
            "extensions": {"websocket.http.response": {}},
        }
        if own:
            self.scope["extensions"]["hubbub.socket"] = {"socket": self.socket}

    async def send(self, message):
        self.sent.append(message)

    async def receive(self):
        if self.incoming:
            return self.incoming.pop(0)
        return await asyncio.Event().wait()

    async def at(self, application):
        await application(self.scope, self.receive, self.send)
        return self

    def leave(self):
        self.socket.receiver.closed(1000)

    @property
    def status(self):
        """The status of the refusal; 101 for none."""
        return self.sent[0].get("status", 101)

    @property
    def sentence(self):
        return json.loads(self.sent[1]["body"])["message"]

    @property
    def retry_after(self):
        return dict(self.sent[0]["headers"]).get(b"retry-after")


async def test_a_client_is_let_in_and_its_socket_given_to_the_consumer(door, speaks, met, settings):
    settings.HUBBUB_MAX_FRAME = 5000
    settings.HUBBUB_OUTLET_BUDGET = 70_000
    speaks(ADA)
    knock = await Knock().at(door)
    assert knock.sent == [{"type": "websocket.accept", "subprotocol": None}]
    assert met == [(ADA, "general", False)]
    assert knock.socket.limits == (5000, 70_000)
    held = [seats.held(key) for key in (PROCESS, ("address", ADDRESS), ("user", 7))]
    assert held == [1, 1, 1]
    knock.leave()
    assert met[-1] == "left"


async def test_a_path_without_a_name_has_the_default_one(door, speaks, met):
    knock = await Knock(None).at(door)
    assert met == [(ANONYMOUS, "lobby", False)]
    knock.leave()


@pytest.mark.parametrize(
    "query", [b"history=50", b"token=x&since=3", b"epoch=k3f9", b"cursor=a:1", b"unread=1"]
)
async def test_a_client_that_uses_an_added_parameter_is_extended(door, speaks, met, query):
    knock = await Knock(query=query).at(door)
    assert met[0][2]
    knock.leave()


@pytest.mark.parametrize("query", [b"", b"token=x", b"x=history=1", b"prehistory=1"])
async def test_a_client_of_version_one_is_not(door, speaks, met, query):
    knock = await Knock(query=query, subprotocols=["bearer.x", "chat"]).at(door)
    assert not met[0][2]
    assert knock.sent[0]["subprotocol"] is None
    knock.leave()


async def test_our_own_subprotocol_is_chosen_and_extends(door, speaks, met):
    knock = await Knock(subprotocols=["hubbub.v1", "bearer.x"]).at(door)
    assert met[0][2]
    assert knock.sent[0]["subprotocol"] == "hubbub.v1"
    knock.leave()


# Refusals, in their order.


@pytest.mark.parametrize("name", ["", "a b", "a+b", "x" * 65])
async def test_a_name_that_no_room_can_have_is_404_whatever_else_is_wrong(
    door, speaks, settings, name
):
    settings.HUBBUB_MAX_CONNECTIONS = 1
    seats.take(PROCESS, None)
    speaks(UnauthenticatedError())
    knock = await Knock(name, origin=b"https://evil.example").at(door)
    seats.give_back(PROCESS)
    assert (knock.status, knock.sentence) == (404, "Not found")


async def test_a_foreign_page_is_403_before_room_is_looked_for(door, speaks, settings):
    settings.HUBBUB_MAX_CONNECTIONS = 1
    seats.take(PROCESS, None)
    knock = await Knock(origin=b"https://evil.example").at(door)
    seats.give_back(PROCESS)
    assert (knock.status, knock.sentence) == (403, "Not allowed")


async def test_a_full_process_is_503_before_anybody_is_identified(door, speaks, settings):
    settings.HUBBUB_MAX_CONNECTIONS = 1
    speaks(AssertionError("nobody may be asked for"))
    seats.take(PROCESS, None)
    knock = await Knock().at(door)
    seats.give_back(PROCESS)
    assert (knock.status, knock.retry_after) == (503, b"1")
    assert knock.sentence == "Server is busy, try again"


async def test_an_address_with_too_many_connections_is_429(door, speaks, settings):
    settings.HUBBUB_MAX_CONNECTIONS_PER_ADDRESS = 1
    first = await Knock().at(door)
    second = await Knock().at(door)
    assert (first.status, second.status, second.retry_after) == (101, 429, b"60")
    first.leave()
    third = await Knock().at(door)
    assert third.status == 101
    third.leave()


async def test_all_of_an_ipv6_network_is_one_address(door, speaks, settings):
    settings.HUBBUB_MAX_CONNECTIONS_PER_ADDRESS = 1
    knocks = [Knock() for _ in range(3)]
    for knock, host in zip(knocks, ("1", "2", "1:0:0:0:1"), strict=True):
        knock.scope["client"] = (f"2001:db8::{host}", 1234)
        await knock.at(door)
    assert [knock.status for knock in knocks] == [101, 429, 101]
    assert knocks[0].socket.receiver.address == "2001:db8::/64"
    for knock in (knocks[0], knocks[2]):
        knock.leave()


@pytest.mark.parametrize(
    "failure", [OperationalError("gone"), InterfaceError("closed"), OverloadedError()]
)
async def test_while_the_database_is_away_it_is_503(door, speaks, met, failure):
    speaks(failure)
    knock = await Knock().at(door)
    assert (knock.status, knock.retry_after) == (503, b"1")
    assert not met


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (UnauthenticatedError(), "authentication required"),
        (TokenExpiredError(), "token expired"),
        (SessionEndedError(), "session ended"),
    ],
)
async def test_a_bad_credential_is_told_on_the_open_socket(door, speaks, met, refusal, reason):
    speaks(refusal)
    knock = await Knock().at(door)
    assert knock.status == 101
    assert [frame["message"] for frame in knock.socket.frames] == ["Authentication required"]
    assert knock.socket.goodbyes == [(4401, reason)]
    assert not met
    knock.leave()


async def test_a_missing_credential_is_too_where_one_is_asked_for(door, speaks, met, settings):
    settings.HUBBUB_CHAT_REQUIRES_USER = True
    knock = await Knock().at(door)
    assert [frame["code"] for frame in knock.socket.frames] == ["unauthenticated"]
    assert knock.socket.goodbyes == [(4401, "authentication required")]
    knock.leave()
    speaks(ADA)
    welcome = await Knock().at(door)
    assert not welcome.socket.goodbyes
    welcome.leave()


async def test_another_endpoint_s_setting_asks_for_nothing_here(door, speaks, settings):
    settings.HUBBUB_COUNTER_REQUIRES_USER = True
    knock = await Knock().at(door)
    assert not knock.socket.goodbyes
    knock.leave()


async def test_a_user_with_too_many_connections_is_told_to_try_later(door, speaks, settings):
    settings.HUBBUB_MAX_CONNECTIONS_PER_USER = 1
    speaks(ADA)
    first, second = await Knock().at(door), await Knock().at(door)
    assert not first.socket.goodbyes
    assert second.socket.goodbyes == [(1013, "try again later")]
    first.leave()
    second.leave()


# Seats are given back.


@pytest.mark.parametrize("failure", [asyncio.CancelledError(), ZeroDivisionError()])
async def test_a_connection_that_ends_while_it_is_identified_gives_back_its_seat(
    door, speaks, failure
):
    speaks(failure)
    with pytest.raises(type(failure)):
        await Knock().at(door)
    assert seats.held(PROCESS) == 0


async def test_a_peer_that_is_gone_before_the_answer_gives_back_its_seat(door, speaks):
    class Gone(Knock):
        async def send(self, message):
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await Gone().at(door)
    assert seats.held(PROCESS) == 0


async def test_over_another_server_the_call_carries_the_connection_to_its_end(door, speaks, met):
    knock = Knock(own=False)
    del knock.scope["client"]
    knock.incoming.append({"type": "websocket.disconnect", "code": 1000})
    await knock.at(door)
    assert [message["type"] for message in knock.sent] == ["websocket.accept"]
    assert met == [(ANONYMOUS, "general", False), "left"]


async def test_a_path_that_is_nobody_s_is_404():
    knock = await Knock().at(not_found)
    assert (knock.status, knock.sentence) == (404, "Not found")


async def test_a_foreign_page_is_logged_with_its_origin_and_the_host(door, caplog):
    await Knock(origin=b"https://evil.example\x1b").at(door)
    (message,) = caplog.messages
    assert message.startswith("handshake_refused reason=origin status=403 path=/ws/general/ ")
    assert message.endswith(r"origin=https://evil.example\x1b host=testserver address=10.0.0.1")


async def test_a_client_for_whom_there_is_no_room_is_logged(door, speaks, settings, caplog):
    settings.HUBBUB_MAX_CONNECTIONS_PER_ADDRESS = 1
    first = await Knock().at(door)
    await Knock().at(door)
    settings.HUBBUB_MAX_CONNECTIONS = 1
    await Knock().at(door)
    first.leave()
    assert [one.reason for one in caplog.records] == ["connections of an address", "connections"]


async def test_a_name_and_a_path_that_cannot_be_are_logged(door, caplog):
    await Knock("a+b").at(door)
    await Knock().at(not_found)
    assert [one.reason for one in caplog.records] == ["name", "path"]


async def test_a_bad_credential_is_logged_once_with_what_was_wrong_with_it(door, speaks, caplog):
    speaks(UnauthenticatedError("unknown token"))
    (await Knock().at(door)).leave()
    assert caplog.messages == [
        'credential_refused reason="unknown token" path=/ws/general/ address=10.0.0.1'
    ]


async def test_who_comes_and_goes_is_told_at_debug(door, speaks, caplog):
    speaks(ADA)
    (await Knock().at(door)).leave()
    assert not caplog.messages
    with caplog.at_level("DEBUG", "hubbub"):
        (await Knock().at(door)).leave()
    assert caplog.messages == [
        "joined path=/ws/general/ address=10.0.0.1 user=7",
        "left path=/ws/general/ address=10.0.0.1 user=7 code=1000",
    ]
