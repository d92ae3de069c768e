"""Whatever is asked of some streams in whatever order: each is heard when it should be, once."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from hubbub import streams
from hubbub.chat.services import apost
from hubbub.journal.models import Stream
from hubbub.testing.quiet import settle
from tests.streams.sockets import many, new_name
from tests.toys.models import Step

pytestmark = pytest.mark.django_db(transaction=True)

STREAMS = 3
ASKED = 150
WORDS = ["subscribe"] * 3 + ["unsubscribe"] * 2 + ["say"] * 3 + ["post", "wait"]
#: What is said in a stream of each kind, and what is told of it.
SAID = {
    "chat": ({"type": "chat_message", "message": "said"}, "chat_message"),
    "game": ({"type": "move", "field": "said"}, "step"),
}


class Model:
    """What a stream was asked, and what it has told."""

    def __init__(self, stream):
        self.stream = stream
        self.kind, _, self.name = stream.partition(":")
        self.heard = False
        #: Requests that have to be answered, each with the words that may; and those that may be.
        self.owed: dict[str, set[str]] = {}
        self.open: dict[str, set[str]] = {}
        self.told = False
        self.seq = 0

    def ask(self, word, request_id):
        """Note what is to become of a request that comes behind all others."""
        if word == "unsubscribe":
            # What is still on its way is refused, or never answered.
            self.open |= {one: words | {"not_subscribed"} for one, words in self.owed.items()}
            self.owed = {request_id: {"unsubscribed"}}
            self.heard = False
        elif word == "subscribe":
            self.owed[request_id] = {"subscribed"}
            self.heard = True
        else:
            self.owed[request_id] = {"ack"} if self.heard else {"not_subscribed"}

    def take(self, frame):
        """Check a frame against that."""
        word = frame["code"] if frame["type"] == "error" else frame["type"]
        if (request_id := frame.get("id")) is not None:
            wanted = self.owed if request_id in self.owed else self.open
            assert word in wanted.pop(request_id), frame
        if word == SAID[self.kind][1]:
            assert self.told, frame
            assert frame["seq"] == self.seq + 1, frame
            self.seq = frame["seq"]
        elif word == "subscribed":
            if self.told:
                assert frame["seq"] == self.seq, frame
            elif "missed" in frame:
                assert frame["recovered"], frame
                frame["seq"] -= frame["missed"]
            self.told, self.seq = True, frame["seq"]
        elif word == "unsubscribed":
            self.told = False


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", SAID)
async def test_each_request_has_its_answer_and_each_stream_is_heard_while_it_should_be(
    settings, kind, seed
):
    settings.HUBBUB_RATE_LIMIT = None
    random = Random(seed)
    several = [Model(f"{kind}:{new_name()}") for _ in range(STREAMS)]
    models = {model.stream: model for model in several}
    posts = []
    async with many() as member:
        for number in range(ASKED):
            model, word = random.choice(list(models.values())), random.choice(WORDS)
            if word == "post":
                posts.append(asyncio.create_task(post(model)))
            elif word == "wait":
                await wait(member, models, random)
            else:
                await ask(member, model, word, f"{number}", random)
        await asyncio.gather(*posts)
        await see_the_end(member, models)


async def post(model):
    """Say something, as the project's own code does."""
    if model.kind == "chat":
        await apost(room=model.name, message="posted")
    else:
        await streams.apublish("game", model.name, Step(field="posted"))


async def ask(member, model, word, request_id, random):
    """Ask something, maybe for what was missed too."""
    keys = {"since": 0} if word == "subscribe" and random.random() < 0.5 else {}
    frame = SAID[model.kind][0] if word == "say" else {"type": word, **keys}
    model.ask(word, request_id)
    await member.say(stream=model.stream, id=request_id, **frame)


async def wait(member, models, random):
    """Hear some of what was told, as much as is owed at most."""
    owed = [model for model in models.values() if model.owed]
    if owed and random.random() < 0.5:
        model = random.choice(owed)
        before = len(model.owed)
        while len(model.owed) == before:
            await hear(member, models)


async def hear(member, models):
    """The next frame of a stream."""
    frame = await member.hear()
    models[frame["stream"]].take(frame)


async def see_the_end(member, models):
    """All is answered, and those streams are heard that should be, up to their last event."""
    while any(model.owed for model in models.values()):
        await hear(member, models)
    for model in models.values():
        await post(model)
    await settle()
    for model in models.values():
        assert model.told == model.heard
        await member.say(type="subscribe", stream=model.stream, id="end", since=model.seq)
        model.owed["end"] = {"subscribed"}
        while model.owed or model.seq < await last_seq(model):
            await hear(member, models)
    await member.hear_nothing_more()


async def last_seq(model):
    """How far the stream goes."""
    return (await Stream.objects.aget(name=model.stream)).last_seq
