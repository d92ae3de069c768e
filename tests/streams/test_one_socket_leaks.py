"""What a subscription holds is given back, however and whenever it ends."""

from __future__ import annotations

import asyncio
import gc

import pytest
from django.contrib.auth import get_user_model

from hubbub.chat import rooms
from hubbub.chat.consumer import ChatConsumer
from hubbub.chat.services import apost
from hubbub.counter import audience
from hubbub.counter.consumer import CounterConsumer
from hubbub.crossing import in_database
from hubbub.fanout.hub import local_hub
from hubbub.journal.process import local_followers
from hubbub.notifications.consumer import NotificationConsumer
from hubbub.notifications.readers import local_readers
from hubbub.streams import label
from hubbub.streams.beginning import Beginning
from hubbub.streams.consumer import Consumer
from hubbub.streams.present import presents
from hubbub.streams.reviews import review
from hubbub.streams.subscription import Subscription
from hubbub.tasks import under_way
from hubbub.testing import Member
from hubbub.testing.dial import Dial
from hubbub.testing.quiet import settle
from hubbub.wire.closes import TOO_SLOW
from tests.streams import gates
from tests.streams.sockets import many, new_name

pytestmark = pytest.mark.django_db(transaction=True)

MADE = (Subscription, Beginning, ChatConsumer, CounterConsumer, NotificationConsumer, Consumer)
#: What comes first is nothing, what is known, or what has to be read.
WANTED = {
    "chat:{}": [{}, {"since": 0}, {"history": 5}],
    "counter:{}": [{}],
    "notifications": [{}, {"unread": True}],
    "game:{}": [{}, {"since": 0}],
    "pointer:{}": [{}, {"since": 0}],
}
#: Own sockets on which something comes first.
PATHS = ["/ws/chat/{}/?since=0", "/ws/chat/{}/?history=5", "/ws/counter/{}/", "/ws/notifications/"]
PATHS += ["/ws/notifications/?unread=1", "/ws/games/{}/?since=0", "/ws/pointers/{}/?since=0"]
CASES = [(stream, wanted) for stream, all_of_it in WANTED.items() for wanted in all_of_it]


@pytest.fixture(autouse=True)
def unlimited(settings, answers):
    """No rate, and a policy, so that each member is known to those who keep rights."""
    settings.HUBBUB_RATE_LIMIT = None


@pytest.fixture(scope="module", autouse=True)
def others():
    """Leave what was made before out of what is looked through: half a million objects."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def held():
    """All that is held for those who hear a stream."""
    here = asyncio.get_running_loop()
    groups, present = local_hub()._groups, presents.find(here)
    return {
        "groups": dict(groups.members),
        "holds": dict(groups.holds),
        "followers": dict(local_followers()._followers),
        "rooms": dict(rooms.crowds._crowds),
        "audiences": dict(audience.crowds._crowds),
        "readers": dict(local_readers()._readers),
        "rights": {} if present is None else {**present._members, **present._ends},
        "entering": {} if present is None else dict(present._entering),
        "tasks": under_way(),
        "labels": set(label._labels),
    }


def made():
    """How many objects of a subscription's there are, but for what nothing refers to."""
    gc.collect()
    return sum(isinstance(one, MADE) for one in gc.get_objects())


async def nothing_is_held():
    """Wait until all is done, and see that all was given back."""
    await settle()
    async with asyncio.timeout(10):
        while any(held().values()):
            await asyncio.sleep(0.005)
            gc.collect()


@pytest.fixture(autouse=True)
async def before(others):
    """Nobody else's are counted."""
    await apost(room="somebody", message="else's")
    await settle()
    return made()


async def test_who_subscribes_and_unsubscribes_again_and_again_leaves_nothing(before):
    ada = await in_database(get_user_model().objects.create_user, new_name())
    async with many(user=ada) as member:
        counts = []
        for turn in range(30):
            for stream, wanted in CASES:
                name = stream.format(new_name())
                await member.say(type="subscribe", stream=name, **wanted)
                if turn % 2:
                    await member.hear_until(type="subscribed", stream=name)
                await member.say(type="unsubscribe", stream=name)
                await member.hear_until(type="unsubscribed", stream=name)
            member.heard.clear()
            counts.append(made())
        await nothing_is_held()
        assert made() <= before, counts


@pytest.mark.parametrize("told", [True, False], ids=["told", "on its way"])
@pytest.mark.parametrize(("stream", "wanted"), CASES, ids=str)
async def test_the_end_of_a_connection_gives_back_what_its_streams_hold(
    stream, wanted, told, before
):
    async with many() as member:
        await member.say(type="subscribe", stream=stream.format(new_name()), **wanted)
        if told:
            await member.hear_until(type="subscribed")
    await nothing_is_held()
    assert made() <= before


@pytest.mark.parametrize("known", [True, False], ids=["known", "to be read"])
@pytest.mark.parametrize(("stream", "wanted"), CASES, ids=str)
async def test_who_is_too_slow_for_what_comes_first_has_left_whatever_it_was_about_to_join(
    monkeypatch, stream, wanted, known, before
):
    """A server's own socket ends the connection within the write that was too much for it."""
    write, name = Dial.write, stream.format(new_name())

    def write_or_close(dial, frames):
        if dial.slow and b'"subscribed"' in frames:
            dial.close(TOO_SLOW)
            dial._tell_closed(TOO_SLOW.code)
        else:
            write(dial, frames)

    monkeypatch.setattr(Dial, "slow", False, raising=False)
    monkeypatch.setattr(Dial, "write", write_or_close)
    async with many() as other, many() as member:
        if known:
            await other.say(type="subscribe", stream=name)
            await other.hear_until(type="subscribed")
        member._dial.slow = True
        # One that waits is not done in the name of who is gone.
        for _ in range(2):
            await member.say(type="subscribe", stream=name, **wanted)
        assert (await member.hear_goodbye()).code == TOO_SLOW.code
    await nothing_is_held()
    assert made() <= before


@pytest.mark.parametrize("path", PATHS)
async def test_so_has_who_is_too_slow_on_a_streams_own_socket(monkeypatch, path, before):
    def close(dial, _):
        dial.close(TOO_SLOW)
        dial._tell_closed(TOO_SLOW.code)

    monkeypatch.setattr(Dial, "write", close)
    async with Member(path.format(new_name())) as member:
        assert (await member.hear_goodbye()).code == TOO_SLOW.code
    await nothing_is_held()
    assert made() <= before


@pytest.mark.parametrize("ending", ["unsubscribe", "forbidden", "hang up", "reads on"])
async def test_what_comes_first_waits_for_a_client_that_has_much_to_read(
    monkeypatch, answers, before, ending
):
    looks, name = [], f"chat:{new_name()}"

    def buffered(dial):
        looks.append(dial)
        return not dial.reads

    monkeypatch.setattr(Dial, "reads", False, raising=False)
    monkeypatch.setattr(Dial, "buffered", buffered)
    async with many() as member:
        await member.say(type="subscribe", stream=name, since=0)
        await gates.until(lambda: looks)
        await member.say(type="ping")
        assert await member.hear() == {"type": "pong"}
        if ending == "unsubscribe":
            await member.say(type="unsubscribe", stream=name)
            assert (await member.hear())["type"] == "unsubscribed"
        elif ending == "forbidden":
            answers.no = {"enter"}
            review("chat")
            assert (await member.hear())["code"] == "forbidden"
        elif ending == "reads on":
            member._dial.reads = True
            assert (await member.hear())["type"] == "subscribed"
    await nothing_is_held()
    assert made() <= before


async def test_who_is_refused_again_and_again_leaves_nothing(answers, before):
    answers.no = {"enter"}
    async with many() as member:
        for number in range(50):
            await member.say(type="subscribe", stream="chat:closed", id=str(number))
            assert (await member.hear())["code"] == "forbidden"
        await nothing_is_held()
        assert made() <= before
