"""What a client hears of a request that was to be stored."""

import asyncio

import pytest
from msgspec.structs import replace

from hubbub.errors import OverloadedError
from hubbub.fanout.hub import Hub
from hubbub.journal.entry import Entry, Stored
from hubbub.sockets.acks import ack_frame, tell_outcome

STORED = Stored(Entry(None, "chat:a", None), "k3f9", 121, "2026-01-01T00:00:00.000000+00:00")


class Client:
    """A connection, and what was told on it; it is its own outlet."""

    def __init__(self) -> None:
        self.outlet = self
        self.writes: list[bytes] = []
        self.failures: list[tuple[Exception, str]] = []

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def fail(self, error: Exception, payload: str) -> None:
        self.failures.append((error, payload))


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
async def hub(client):
    hub = Hub(asyncio.get_running_loop())
    hub.join("room", client)
    return hub


async def test_a_stored_request_with_an_id_is_acked_in_the_write_of_its_event(client, hub):
    hub.publish("room", b"event")
    tell_outcome(client, hub, "c-17", "{}", STORED)
    hub.flush()
    assert client.writes == [b"event" + ack_frame("c-17", 121, STORED.timestamp)]


async def test_one_that_comes_again_gets_the_same_ack(client, hub):
    tell_outcome(client, hub, "c-17", "{}", replace(STORED, again=True))
    hub.flush()
    assert client.writes == [ack_frame("c-17", 121, STORED.timestamp)]


async def test_one_without_an_id_gets_none(client, hub):
    tell_outcome(client, hub, None, "{}", STORED)
    hub.flush()
    assert client.writes == []


async def test_one_that_was_not_stored_gets_its_error(client, hub):
    error = OverloadedError()
    tell_outcome(client, hub, "c-17", "{}", error)
    hub.flush()
    assert (client.failures, client.writes) == ([(error, "{}")], [])
