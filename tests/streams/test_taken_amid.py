"""A right that is taken away amid what a member has asked for: from its end on it hears nothing.

On a stream's own socket and over one of many, in a room and in a stream of a project's own kind.
What would have come is shown to be no more on its way by somebody who stays, and then by a ping.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from threading import Event
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.test import AsyncClient
from django.utils import timezone

from hubbub import streams
from hubbub.accounts.names import names
from hubbub.chat import api as chat_api
from hubbub.chat import consumer as chat_consumer
from hubbub.chat import moderation
from hubbub.chat.models import Sanction
from hubbub.chat.sanctions import auser_ban, auser_mute
from hubbub.chat.services import apost
from hubbub.crossing import in_database
from hubbub.journal import commit as commits
from hubbub.journal.process import writer
from hubbub.streams import api as stream_api
from hubbub.streams import consumer as stream_consumer
from hubbub.streams.permissions import Policy
from hubbub.streams.reviews import review
from hubbub.testing import Goodbye, Member, quiet
from tests.streams import gates
from tests.streams.policies import RIGHTS
from tests.streams.sockets import many, new_name
from tests.streams.test_present import settled
from tests.toys.models import Games, Step

pytestmark = pytest.mark.django_db(transaction=True)

PATHS = {"chat": "/ws/chat/", "game": "/ws/games/"}
TEXT = {"chat": "message", "game": "field"}
#: Where a request waits amid a batch.
WAITS = {"chat": (names, "look_up"), "game": (stream_consumer, "make")}
WANTED = [{"since": 0}, {"history": 50}, {"since": 0, "history": 50}]
BATCH = 10
#: Seconds in which it is over what was taken away.
PROMISED = 2.0


class Own:
    """A stream's own socket."""

    def __init__(self, kind, name):
        self.kind, self.name = kind, name

    def member(self, **wanted):
        return Member(f"{PATHS[self.kind]}{self.name}/?{urlencode(wanted)}")

    async def come(self, member, **wanted):
        """Its path has said what it wants."""

    async def say(self, member, **frame):
        await member.say(**frame)

    async def is_sent_away(self, member, _):
        assert await member.hear() == {
            "type": "error",
            "message": "Not allowed",
            "code": "forbidden",
        }
        assert await member.hear_goodbye() == Goodbye(4403, "not allowed")

    async def hears_no_more(self, member):
        """Its connection is over."""

    def begins(self, heard):
        """What it is told when it hears the stream without what it has asked for."""
        assert heard == []


class One:
    """One of many streams over a socket."""

    def __init__(self, kind, name):
        self.kind, self.name = kind, name
        self.stream = f"{kind}:{name}"

    def member(self, **_):
        return many()

    async def come(self, member, **wanted):
        await self.say(member, type="subscribe", id="s", **wanted)

    async def say(self, member, **frame):
        await member.say(stream=self.stream, **frame)

    async def is_sent_away(self, member, asked):
        if asked:
            over = {"type": "error", "message": "Not allowed", "id": asked}
        else:
            over = {"type": "unsubscribed"}
        assert await member.hear() == {**over, "stream": self.stream, "code": "forbidden"}

    async def hears_no_more(self, member):
        await member.say(type="ping")
        assert await member.hear() == {"type": "pong"}

    def begins(self, heard):
        assert [(frame["type"], frame["stream"]) for frame in heard] == [
            ("subscribed", self.stream)
        ]


#: What was taken from all but the staff.
taken: set[str] = set()


class Guarded(Policy):
    """The staff may everything, and the others what was not taken away."""


for right in RIGHTS:

    def may(_, caller, __, right=right):
        return caller.is_staff or right not in taken

    setattr(Guarded, f"may_{right}", may)


@pytest.fixture(autouse=True)
def policy(monkeypatch, settings):
    """Of both kinds."""
    settings.ROOT_URLCONF = "tests.testing.urls"
    settings.HUBBUB_RATE_LIMIT = None
    settings.HUBBUB_CHAT_POLICY = f"{__name__}.Guarded"
    for right in RIGHTS:
        monkeypatch.setattr(Games, f"may_{right}", getattr(Guarded, f"may_{right}"))
    taken.clear()


@pytest.fixture(params=["chat", "game"])
def kind(request):
    return request.param


@pytest.fixture(params=[Own, One])
async def door(request, kind):
    """The way to a stream in which something was said already."""
    found = request.param(kind, new_name())
    for number in range(3):
        await publish(found, f"before {number}")
    return found


@pytest.fixture
async def witness(door):
    """Somebody of the staff, who stays."""
    user = await in_database(get_user_model().objects.create_user, new_name(), is_staff=True)
    async with Member(f"{PATHS[door.kind]}{door.name}/", user=user) as member:
        yield member


async def publish(door, text):
    """Say something, as the project's own code does."""
    if door.kind == "chat":
        await apost(room=door.name, message=text)
    else:
        await streams.apublish("game", door.name, Step(field=text))


def request_of(door, number):
    """Something to be said, which has to wait for an answer from elsewhere."""
    content = {"chat": {"type": "chat_message", "username": "a name"}, "game": {"type": "move"}}
    return {**content[door.kind], TEXT[door.kind]: f"batch {number}", "id": f"b{number}"}


def take(door, right):
    """Take a right away; it is asked for anew at once."""
    taken.add(right)
    review(door.kind, door.name)


async def later(door, witness):
    """Something that is said behind it all: what the witness has heard of the stream with it."""
    await publish(door, "later")
    await witness.hear_until(**{TEXT[door.kind]: "later"})
    return [frame[TEXT[door.kind]] for frame in witness.heard if TEXT[door.kind] in frame]


async def come_in(door, member):
    """Hear the stream; the frames of that are forgotten."""
    await door.come(member)
    await door.say(member, type="history", limit=1)
    await member.hear_until(type="history")
    member.heard.clear()


async def send_batch(door, member, inside):
    """Send many, the first of which waits at a gate by then."""
    for number in range(BATCH):
        await door.say(member, **request_of(door, number))
    await gates.until(lambda: inside)


async def test_of_a_batch_of_requests_none_is_done_and_nothing_comes(monkeypatch, door, witness):
    gate, inside = gates.hold_back(monkeypatch, *WAITS[door.kind])
    async with door.member() as member:
        await come_in(door, member)
        await send_batch(door, member, inside)
        take(door, "enter")
        await door.is_sent_away(member, "")
        gate.set()
        heard = await later(door, witness)
        assert not any(text.startswith("batch") for text in heard)
        await door.hears_no_more(member)


async def test_amid_a_batch_what_was_taken_is_refused_to_each_and_the_rest_goes_on(
    monkeypatch, door, witness
):
    gate, inside = gates.hold_back(monkeypatch, *WAITS[door.kind])
    async with door.member() as member:
        await come_in(door, member)
        await send_batch(door, member, inside)
        take(door, "send")
        await settled()
        gate.set()
        for number in range(BATCH):
            error = await member.hear()
            assert (error["code"], error["id"]) == ("forbidden", f"b{number}")
        heard = await later(door, witness)
        assert not any(text.startswith("batch") for text in heard)
        assert (await member.hear())[TEXT[door.kind]] == "later"


async def test_what_was_taken_from_who_has_gone_is_not_done_in_its_name(monkeypatch, door, witness):
    gate, inside = gates.hold_back(monkeypatch, *WAITS[door.kind])
    async with door.member() as member:
        await come_in(door, member)
        await send_batch(door, member, inside)
    take(door, "send")
    await settled()
    gate.set()
    await quiet.settle()
    heard = await later(door, witness)
    assert not any(text.startswith("batch") for text in heard)


async def test_what_was_taken_before_the_end_is_stored_and_its_ack_does_not_come_behind_it(
    monkeypatch, door, witness
):
    gate, commit_once = Event(), commits.commit_once

    def wait_and_commit(*args, **kwargs):
        gate.wait(10)
        return commit_once(*args, **kwargs)

    async with door.member() as member:
        await come_in(door, member)
        await door.say(member, **request_of(door, 0))
        await member.hear_until(type="ack")
        monkeypatch.setattr(commits, "commit_once", wait_and_commit)
        submitted = writer.submitted
        await door.say(member, **request_of(door, 1))
        await gates.until(lambda: writer.submitted > submitted)
        take(door, "enter")
        await door.is_sent_away(member, "")
        gate.set()
        assert (await later(door, witness))[-2:] == ["batch 1", "later"]
        await door.hears_no_more(member)


async def test_amid_many_pages_no_further_one_comes(monkeypatch, door, witness):
    async with door.member() as member:
        await come_in(door, member)
        gate, inside = gates.hold_back(monkeypatch, stream_consumer, "in_database")
        for before in (4, 3, 2):
            await door.say(member, type="history", before=before, limit=1, id=f"h{before}")
        await gates.until(lambda: inside)
        take(door, "enter")
        await door.is_sent_away(member, "")
        gate.set()
        await later(door, witness)
        await door.hears_no_more(member)


async def test_amid_many_pages_who_may_read_no_longer_is_told_so_for_each(
    monkeypatch, door, witness
):
    async with door.member() as member:
        await come_in(door, member)
        gate, inside = gates.hold_back(monkeypatch, stream_consumer, "in_database")
        for before in (4, 3, 2):
            await door.say(member, type="history", before=before, limit=1)
        await gates.until(lambda: inside)
        take(door, "read")
        await settled()
        gate.set()
        for _ in range(3):
            assert (await member.hear())["code"] == "forbidden"
        await later(door, witness)
        assert (await member.hear())[TEXT[door.kind]] == "later"


@pytest.mark.parametrize("wanted", WANTED, ids=str)
async def test_who_is_about_to_resume_or_to_read_is_told_nothing(
    monkeypatch, door, witness, wanted
):
    gate, inside = gates.hold_back(monkeypatch, stream_consumer, "in_database")
    async with door.member(**wanted) as member:
        await door.come(member, **wanted)
        await gates.until(lambda: inside)
        await publish(door, "meanwhile")
        take(door, "enter")
        await door.is_sent_away(member, "s")
        gate.set()
        await later(door, witness)
        await door.hears_no_more(member)


@pytest.mark.parametrize("wanted", WANTED, ids=str)
async def test_who_may_read_no_longer_amid_the_snapshot_hears_what_is_new(
    monkeypatch, door, witness, wanted
):
    gate, inside = gates.hold_back(monkeypatch, stream_consumer, "in_database")
    async with door.member(**wanted) as member:
        await door.come(member, **wanted)
        await gates.until(lambda: inside)
        take(door, "read")
        await settled()
        gate.set()
        assert (await member.hear())["code"] == "forbidden"
        await door.say(member, type="history")  # once it is answered, the member has joined
        await member.hear_until(code="forbidden")
        door.begins(member.heard[1:-1])
        await later(door, witness)
        assert (await member.hear())[TEXT[door.kind]] == "later"


@pytest.mark.parametrize("way", [Own, One])
@pytest.mark.parametrize(
    ("kind", "step"), [("chat", "check_first"), ("game", "check_first"), ("game", "make")]
)
async def test_who_may_begin_nothing_any_more_begins_nothing(
    monkeypatch, transactional_db, way, kind, step
):
    gate, inside = gates.hold_back(monkeypatch, stream_consumer, step)
    door = way(kind, new_name())
    async with door.member() as member:
        await come_in(door, member)
        await door.say(member, **request_of(door, 0))
        await gates.until(lambda: inside)
        take(door, "begin")
        await settled()
        gate.set()
        error = await member.hear()
        assert (error["code"], error["id"]) == ("forbidden", "b0")
        await publish(door, "before")
        await member.hear_until(**{TEXT[kind]: "before"})
        await door.say(member, **request_of(door, 1))
        assert (await member.hear_until(type="ack"))["id"] == "b1"


@pytest.mark.parametrize(
    ("kind", "step"), [("chat", (names, "look_up")), ("game", (stream_api, "make"))]
)
async def test_nor_does_who_sends_over_http(monkeypatch, transactional_db, kind, step):
    gate, inside = gates.hold_back(monkeypatch, *step)
    path = {"chat": "/api/chat/{}/messages/", "game": "/api/streams/game/{}/"}[kind]
    door = Own(kind, new_name())
    post = AsyncClient().post
    asked = post(path.format(door.name), request_of(door, 0), content_type="application/json")
    answer = asyncio.ensure_future(asked)
    await gates.until(lambda: inside)
    take(door, "begin")
    gate.set()
    assert (await answer).status_code == 403


@pytest.mark.parametrize("change", [{"type": "delete"}, {"type": "edit", "message": "x"}])
@pytest.mark.parametrize("way", [Own, One])
async def test_who_moderates_no_longer_changes_nothing_that_others_said(
    monkeypatch, transactional_db, way, change
):
    gate, inside = gates.hold_back(monkeypatch, chat_consumer, "in_database")
    door = way("chat", new_name())
    await publish(door, "of another")
    async with door.member() as member:
        await come_in(door, member)
        await door.say(member, **change, seq=1, id="c")
        await gates.until(lambda: inside)
        take(door, "moderate")
        await settled()
        gate.set()
        error = await member.hear()
        assert (error["code"], error["id"]) == ("forbidden", "c")


@pytest.mark.parametrize("method", ["patch", "delete"])
async def test_nor_does_who_asks_over_http(monkeypatch, transactional_db, method):
    gate, inside = gates.hold_back(monkeypatch, chat_api, "in_database")
    door = Own("chat", new_name())
    await publish(door, "of another")
    client = AsyncClient()
    await client.aforce_login(await in_database(get_user_model().objects.create_user, new_name()))
    ask = getattr(client, method)
    path = f"/api/chat/{door.name}/messages/1/"
    answer = asyncio.ensure_future(ask(path, {"message": "x"}, content_type="application/json"))
    await gates.until(lambda: inside)
    take(door, "moderate")
    gate.set()
    assert (await answer).status_code == 403


@pytest.fixture
async def bob(transactional_db):
    """Somebody whom nobody has done anything yet."""
    return await in_database(get_user_model().objects.create_user, new_name())


@pytest.mark.parametrize("action", ["mute", "kick", "unmute"])
@pytest.mark.parametrize("way", [Own, One])
async def test_who_moderates_no_longer_takes_nothing_from_others(monkeypatch, bob, way, action):
    gate, inside = gates.hold_back(monkeypatch, moderation, "check_target")
    door = way("chat", new_name())
    async with door.member() as member:
        await come_in(door, member)
        await door.say(member, type=action, user_id=bob.pk, id="c")
        await gates.until(lambda: inside)
        take(door, "moderate")
        await settled()
        gate.set()
        error = await member.hear()
        assert (error["code"], error["id"]) == ("forbidden", "c")
    assert not await Sanction.objects.aexists()


@pytest.mark.parametrize("call", ["", "{}/lift/"])
async def test_nor_does_who_moderates_over_http(monkeypatch, bob, call):
    gate, inside = gates.hold_back(monkeypatch, moderation, "check_target")
    door, client = Own("chat", new_name()), AsyncClient()
    await client.aforce_login(await in_database(get_user_model().objects.create_user, new_name()))
    known = await auser_mute(user_id=bob.pk, room=door.name)
    path = f"/api/chat/{door.name}/sanctions/{call.format(known.pk)}"
    body = {"action": "ban", "user_id": bob.pk}
    asked = client.post(path, body, content_type="application/json")
    answer = asyncio.ensure_future(asked)
    await gates.until(lambda: inside)
    take(door, "moderate")
    gate.set()
    assert (await answer).status_code == 403
    assert [one.lifted async for one in Sanction.objects.all()] == [None]


async def test_what_was_taken_from_one_stream_leaves_the_others(witness, door):
    others = [One(word, new_name()) for word in PATHS]
    async with many() as member:
        for one in (One(door.kind, door.name), *others):
            await come_in(one, member)
        take(door, "enter")
        async with asyncio.timeout(PROMISED):
            await One(door.kind, door.name).is_sent_away(member, "")
        await later(door, witness)
        for other in others:
            await publish(other, "elsewhere")
            said = await member.hear()
            assert (said["stream"], said[TEXT[other.kind]]) == (other.stream, "elsewhere")


async def test_who_is_banned_loses_each_room_and_is_told_until_when(transactional_db):
    ada = await in_database(get_user_model().objects.create_user, new_name())
    rooms, counter = [f"chat:{new_name()}" for _ in range(3)], f"counter:{new_name()}"
    until = timezone.now() + timedelta(hours=1)
    async with many(user=ada) as member:
        for stream in (*rooms, counter):
            await member.say(type="subscribe", stream=stream)
            await member.hear_until(type="subscribed", stream=stream)
        await member.hear_until(type="user_count_update")
        await auser_ban(user_id=ada.pk, until=until)
        over = [await member.hear() for _ in rooms]
        assert sorted(frame.pop("stream") for frame in over) == sorted(rooms)
        ended = {"type": "unsubscribed", "code": "forbidden"}
        assert over == [ended | {"until": until.isoformat(timespec="microseconds")}] * 3
        await member.say(action="increment", stream=counter)
        assert (await member.hear())["counter"] == 1
        await member.say(type="subscribe", stream=rooms[0], id="s")
        error = await member.hear()
        assert (error["code"], error["id"], "until" in error) == ("forbidden", "s", True)
