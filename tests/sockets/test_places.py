"""A client is let in when it is known where its streams stand, and leaves nothing behind if not."""

import asyncio

import pytest
from django.db import OperationalError

from hubbub.accounts.caller import ANONYMOUS
from hubbub.chat.consumer import ChatConsumer
from hubbub.chat.services import message_entry
from hubbub.counter.consumer import CounterConsumer
from hubbub.crossing import in_database
from hubbub.journal import search
from hubbub.journal.process import event_of, local_followers
from hubbub.notifications.consumer import NotificationConsumer
from hubbub.sockets import door as module
from hubbub.sockets.door import PROCESS, Door, seats
from hubbub.streams.present import presents
from tests.journal.entries import put
from tests.journal.members import until
from tests.names import new_name
from tests.sockets.test_door import Knock

pytestmark = pytest.mark.django_db(transaction=True)
CONSUMERS = [ChatConsumer, CounterConsumer, NotificationConsumer]


@pytest.fixture(autouse=True)
def _anonymous(monkeypatch):
    async def identify(scope):
        return ANONYMOUS

    monkeypatch.setattr(module, "identify", identify)


def door(consumer=ChatConsumer):
    return Door(consumer, requires_user="chat_requires_user")


def nothing_is_left(followers):
    return not followers._followers and not followers._search._task and not seats.held(PROCESS)


@pytest.mark.parametrize("own", [True, False], ids=["our server", "another"])
@pytest.mark.parametrize("consumer", CONSUMERS)
async def test_a_client_is_answered_when_the_places_are_known_and_not_before(consumer, own):
    followers, knock = local_followers(), Knock(new_name(), own=own)
    table, gate, asked = followers.source, asyncio.Event(), asyncio.Event()

    class Late:
        async def extents(self, streams):
            asked.set()
            await gate.wait()
            return await table.extents(streams)

    followers.source = Late()
    coming = asyncio.create_task(knock.at(door(consumer)))
    await asked.wait()
    assert knock.sent == []
    gate.set()
    await until(lambda: bool(knock.sent))
    assert knock.status == 101
    assert [follower.told for follower in followers._followers.values()] == [0]
    if own:
        await coming
        knock.leave()
    else:
        coming.cancel()
    await until(lambda: nothing_is_left(followers))


@pytest.mark.parametrize("consumer", CONSUMERS)
async def test_a_client_whose_streams_have_no_place_in_time_is_503_and_leaves_nothing(
    monkeypatch, consumer
):
    monkeypatch.setattr(search, "SETTLE", 0.01)
    followers, knock, gate = local_followers(), Knock(new_name()), asyncio.Event()

    class Never:
        async def extents(self, streams):
            await gate.wait()
            raise OperationalError("away")

    followers.source = Never()
    await knock.at(door(consumer))
    assert (knock.status, knock.retry_after) == (503, b"1")
    gate.set()
    await until(lambda: nothing_is_left(followers))


async def test_who_may_not_enter_is_refused_before_anything_is_known(monkeypatch, settings):
    settings.HUBBUB_CHAT_POLICY = "hubbub.chat.policies.SignedIn"
    followers, knock, gate = local_followers(), Knock(new_name()), asyncio.Event()

    class Never:
        async def extents(self, streams):
            await gate.wait()
            raise OperationalError("away")

    followers.source = Never()
    monkeypatch.setattr(search, "SETTLE", 120.0)
    async with asyncio.timeout(search.SETTLE / 2):
        await knock.at(door())
    assert knock.status == 101
    assert knock.socket.goodbyes == [(4403, "not allowed")]
    gate.set()
    knock.leave()
    await until(lambda: nothing_is_left(followers))


async def test_who_may_enter_and_gets_no_place_leaves_nothing(monkeypatch, settings):
    settings.HUBBUB_CHAT_POLICY = "tests.streams.policies.Vowels"
    monkeypatch.setattr(search, "SETTLE", 0.05)
    followers, knock, gate = local_followers(), Knock("a"), asyncio.Event()

    class Never:
        async def extents(self, streams):
            await gate.wait()
            raise OperationalError("away")

    followers.source = Never()
    await knock.at(door())
    assert knock.status == 503
    assert not any(present._members for present in presents.alive())
    gate.set()
    await until(lambda: nothing_is_left(followers))


async def test_while_the_database_is_away_a_client_is_503_at_once():
    class Away:
        async def extents(self, streams):
            raise OperationalError("away")

    followers, knock = local_followers(), Knock(new_name())
    followers.source = Away()
    async with asyncio.timeout(search.SETTLE / 2):
        await knock.at(door())
    assert (knock.status, knock.sentence) == (503, "Server is busy, try again")
    assert nothing_is_left(followers)


@pytest.mark.parametrize("own", [True, False], ids=["our server", "another"])
async def test_a_client_that_goes_away_while_it_waits_leaves_nothing(own):
    followers = local_followers()

    class Gone(Knock):
        async def send(self, message):
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await Gone(new_name(), own=own).at(door())
    coming = asyncio.create_task(Knock(new_name(), own=own).at(door()))
    await asyncio.sleep(0)
    coming.cancel()
    await asyncio.gather(coming, return_exceptions=True)
    await until(lambda: nothing_is_left(followers))


@pytest.mark.parametrize("own", [True, False], ids=["our server", "another"])
async def test_what_is_told_while_a_server_gives_the_answer_reaches_the_client(own):
    name = new_name()

    class Slow(Knock):
        """A server that takes its time over the answer, in which others speak."""

        async def send(self, message):
            await super().send(message)
            if message["type"] == "websocket.accept" and not own:
                (one,) = await in_database(put, [message_entry(room=name, message="first")])
                local_followers().take([event_of(one)])

    knock = Slow(name, own=own)
    coming = asyncio.create_task(knock.at(door()))
    await until(lambda: bool(knock.sent))
    if own:
        await coming
        (one,) = await in_database(put, [message_entry(room=name, message="first")])
        local_followers().take([event_of(one)])
        await until(lambda: any(frame.get("seq") == 1 for frame in knock.socket.frames))
        knock.leave()
    else:
        await until(lambda: any('"seq":1' in message.get("text", "") for message in knock.sent))
        coming.cancel()
    await until(lambda: nothing_is_left(local_followers()))


async def test_one_who_has_company_costs_the_table_nothing():
    name, followers = new_name(), local_followers()
    first = await Knock(name).at(door())
    followers.source = None  # nobody is asked
    second = await Knock(name).at(door())
    assert second.status == 101
    for knock in (first, second):
        knock.leave()
    assert nothing_is_left(followers)
