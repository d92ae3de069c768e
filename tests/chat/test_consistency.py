"""A snapshot and the events after it give the later snapshot, whatever happens to the room.

To run a printed seed again: HUBBUB_TEST_SEED=<seed>.
"""

import asyncio
import os
import secrets
from random import Random

import pytest

from tests.api_v1.talk import talk
from tests.chat.admin import delete_messages, message_keys
from tests.http.calls import call

SEED = int(os.environ.get("HUBBUB_TEST_SEED") or secrets.randbits(32))
#: What each of three people does.
EACH = 30
#: Seconds without a frame after which all that was under way has come.
QUIET = 0.7
EVENTS = ("chat_message", "message_deleted")


class Reader:
    """Keeps the room as a program would: a page first, then every event; it comes and goes."""

    def __init__(self, url, random):
        self.url = url
        self.random = random
        self.room: dict[int, tuple[str, str]] = {}
        self.seq = 0
        self.epoch = ""
        self.visits = 0

    async def follow(self, done):
        """Stay a while, leave, and come back behind what was seen last, until `done` and quiet."""
        while True:
            over = done.is_set()
            path = f"?since={self.seq}&epoch={self.epoch}" if self.visits else "?history=200"
            async with talk(self.url + path) as client:
                self.visits += 1
                await self.listen(client, 1e9 if over else self.random.randrange(5, 40))
            if over:
                return

    async def listen(self, client, frames):
        """Take frames until it is quiet, or until so many came."""
        try:
            while frames > 0:
                async with asyncio.timeout(QUIET):
                    self.take(await client.hear())
                frames -= 1
        except TimeoutError:
            pass

    def take(self, frame):
        if frame["type"] == "history":
            self.seq, self.epoch = frame["seq"], frame["epoch"]
            for message in frame["messages"]:
                self.room[message["seq"]] = kept(message)
        elif frame["type"] == "recovery":
            assert frame["recovered"], "nothing was pruned, and less than 300 were missed"
            self.epoch = frame["epoch"]
        elif frame["type"] in EVENTS:
            assert frame["seq"] == self.seq + 1, "each event once, in order"
            self.seq = frame["seq"]
            if frame["type"] == "chat_message":
                self.room[frame["seq"]] = kept(frame)
            else:
                self.room[frame["deleted"]] = (self.room[frame["deleted"]][0], "")


def kept(message):
    """What is compared of a message: who said it, and what, which is nothing once it is deleted."""
    return message["username"], message["message"]


async def talk_on(url, random, name):
    """Say things on a socket: some with an id, of which some are said again."""
    async with talk(url) as client:
        for number in range(EACH):
            key = {"id": f"{name}{number}"} if random.random() < 0.7 else {}
            for _ in range(random.choice((1, 1, 2)) if key else 1):
                await client.say_chat(f"{name} {number}", username=name, **key)
            await asyncio.sleep(random.uniform(0, 0.03))
        await client.say_chat("the end", username=name, id=f"{name}-end")
        await client.hear_until(type="ack", id=f"{name}-end")


async def post_on(site, room, random):
    """Say things over HTTP, some of them twice under one id."""
    for number in range(EACH):
        body = {"message": f"posted {number}", "username": "poster", "id": f"post{number}"}
        for _ in range(random.choice((1, 2))):
            answer = await asyncio.to_thread(
                call, site.http(f"/api/chat/{room}/messages/"), body=body
            )
            assert answer.status == 200


async def delete_on(boss, room, random):
    """Delete some of what is there, in the admin, again and again."""
    for _ in range(EACH // 5):
        keys = await asyncio.to_thread(message_keys, boss, room)
        if keys:
            chosen = random.sample(keys, min(2, len(keys)))
            await asyncio.to_thread(delete_messages, boss, chosen)
        await asyncio.sleep(0.1)


async def everything(site, room):
    """The room as one reads it who comes now, page by page."""
    found, after, more = {}, 0, True
    while more:
        path = f"/api/chat/{room}/messages/?after={after}&limit=50"
        page = (await asyncio.to_thread(call, site.http(path))).data
        found |= {message["seq"]: kept(message) for message in page["messages"]}
        after, more = max(found, default=0), page["more"]
    return found


@pytest.mark.parametrize("run", range(2))
async def test_every_reader_knows_what_the_next_one_is_told(site, boss, url, run):
    print(f"HUBBUB_TEST_SEED={SEED}")  # noqa: T201 - pytest shows it with a failure
    random = Random(SEED + run)
    room = url.rstrip("/").rpartition("/")[2]
    readers = [Reader(url, Random(random.random())) for _ in range(6)]
    done = asyncio.Event()

    async def work():
        await asyncio.gather(
            talk_on(url, Random(random.random()), "ada-1"),
            talk_on(url, Random(random.random()), "bob-1"),
            post_on(site, room, Random(random.random())),
            delete_on(boss, room, Random(random.random())),
        )
        done.set()

    await asyncio.gather(work(), *(reader.follow(done) for reader in readers))
    snapshot = await everything(site, room)
    assert len(snapshot) == 3 * EACH + 2, "what was said twice under one id is there once"
    assert "" in {text for _, text in snapshot.values()}, "something was deleted"
    for reader in readers:
        assert reader.room == snapshot
    assert max(reader.visits for reader in readers) > 2
