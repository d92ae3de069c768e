"""A signed-in connection ends with what it was known by."""

import asyncio

import pytest

from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.accounts.credentials import Kind
from hubbub.accounts.grant import Grant
from hubbub.accounts.grants import local_grants
from hubbub.conf import Settings
from hubbub.errors import SessionEndedError, TokenExpiredError
from hubbub.sockets.connection import Connection
from tests.sockets.outlets import Outlet, Seat

GRANT = Grant(Kind.TOKEN, "digest")
ADA = Caller(7, "ada", grant=GRANT)


class Consumer:
    """Notes that it was opened, and left."""

    def __init__(self):
        self.calls = []

    def open(self):
        self.calls.append("open")

    def leave(self):
        self.calls.append("leave")


@pytest.fixture
def outlet():
    return Outlet()


@pytest.fixture
def consumer():
    return Consumer()


@pytest.fixture
def connect(outlet):
    def build(caller):
        return Connection(
            outlet=outlet,
            caller=caller,
            address="",
            extended=False,
            query=b"",
            settings=Settings(),
            seat=Seat(),
        )

    return build


async def end(refusal):
    local_grants().end(GRANT, refusal)
    await asyncio.sleep(0)


async def test_it_is_told_why_and_closed(connect, outlet, consumer):
    connection = connect(ADA)
    connection.give(consumer)
    connection.open()
    await end(TokenExpiredError())
    assert [frame["message"] for frame in outlet.frames] == ["Authentication required"]
    assert outlet.goodbyes == [(4401, "token expired")]


async def test_one_that_closed_before_is_forgotten(connect, outlet, consumer):
    connection = connect(ADA)
    connection.give(consumer)
    connection.open()
    connection.closed(1000)
    assert local_grants()._connections == {}
    await end(SessionEndedError())
    assert not outlet.goodbyes


async def test_an_anonymous_one_is_nowhere_to_be_looked_at(connect, consumer):
    connection = connect(ANONYMOUS)
    connection.give(consumer)
    connection.open()
    assert local_grants()._connections == {}


async def test_one_that_is_over_before_it_is_opened_joins_nothing(connect, consumer):
    connection = connect(ADA)
    connection.give(consumer)
    connection.closed(1006)
    connection.open()
    assert "open" not in consumer.calls
    assert local_grants()._connections == {}
