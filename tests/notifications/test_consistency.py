"""A snapshot and the events after it give the later snapshot, whatever happens to the inbox.

To run a printed seed again: HUBBUB_TEST_SEED=<seed>.
"""

import asyncio
import os
import random
import secrets

import pytest

from tests.notifications.inbox import Inbox

SEED = int(os.environ.get("HUBBUB_TEST_SEED") or secrets.randbits(32))
EACH = 40
#: Seconds without a frame after which all that was under way has come.
QUIET = 0.7


class Follower:
    """A device that comes and goes; what it knows survives with its cursor."""

    def __init__(self, inbox, chance):
        self.inbox = inbox
        self.chance = chance
        self.device = None
        self.ids = []

    async def follow(self, ready, done):
        """Stay until `done` and quiet; leave now and then, and come back."""
        async with self.inbox.device(unread=1) as device:
            self.device = device
            assert device.unread == 0
            await ready.wait()
            await self.listen(done)
        while not done.is_set():
            async with self.inbox.device(cursor=self.device.cursor) as device:
                self.device = device
                assert (await device.hear())["recovered"], "nothing was pruned"
                await self.listen(done)
        async with self.inbox.device(cursor=self.device.cursor) as device:
            self.device = device
            await settle(device)
            self.ids += device.ids

    async def listen(self, done):
        end = self.chance.random() < 0.7
        try:
            while not end or self.chance.random() > 0.1:
                async with asyncio.timeout(QUIET):
                    frame = await self.device.hear()
                if frame["type"] == "notification" and self.chance.random() < 0.2:
                    await self.device.say(action="read", id=frame["id"])
                elif self.chance.random() < 0.05:
                    await self.device.say(action="read_all")
        except TimeoutError:
            pass
        finally:
            self.ids += self.device.ids


async def settle(device):
    """Hear until nothing more comes."""
    try:
        while True:
            async with asyncio.timeout(QUIET):
                await device.hear()
    except TimeoutError:
        return


async def act(inbox, chance, name):
    """Send and read over HTTP, at random."""
    for index in range(EACH):
        what = chance.choice(("all", "own", "own", "other", "read", "read_all"))
        if what == "all":
            await inbox.send(f"{name}{index}")
        elif what == "own":
            await inbox.send_own(f"{name}{index}")
        elif what == "other":
            await inbox.send(f"{name}{index}", user_id=inbox.site.people["bob"].user_id)
        elif what == "read_all" and chance.random() < 0.3:
            await inbox.read_all()
        else:
            for one in (await inbox.page(unread=1, limit=3))["notifications"][:1]:
                await inbox.read(one["id"])


@pytest.mark.parametrize("run", range(2))
async def test_every_device_knows_what_the_next_one_is_told(site, run):
    print(f"HUBBUB_TEST_SEED={SEED}")  # noqa: T201 - pytest shows it with a failure
    chance = random.Random(SEED + run)
    ada = Inbox(site, "ada")
    await ada.read_all()
    start = (await ada.page(limit=1))["notifications"]
    first = start[0]["id"] if start else 0
    ready, done = asyncio.Barrier(6), asyncio.Event()
    followers = [Follower(ada, random.Random(chance.random())) for _ in range(4)]

    async def work():
        await ready.wait()
        actors = (act(ada, random.Random(chance.random()), name) for name in "xyz")
        await asyncio.gather(*actors)
        done.set()

    async def stay(device):
        await ready.wait()
        while not done.is_set():
            await settle(device)

    async with ada.device(unread=1) as stays:
        follow = (one.follow(ready, done) for one in followers)
        await asyncio.gather(work(), stay(stays), *follow)
        await settle(stays)
        async with ada.device() as snapshot:
            assert stays.unread == snapshot.status["unread"]
            assert stays.cursor == snapshot.cursor
            assert {one.device.cursor for one in followers} == {snapshot.cursor}
    kept = await ids_after(ada, first)
    assert sorted(stays.ids) == kept
    for one in followers:
        assert sorted(one.ids) == kept


async def ids_after(inbox, first):
    """All that was sent to a user after the notification `first`, page by page."""
    kept = []
    before = 1 << 52
    while before > first:
        page = (await inbox.page(limit=200, before=before))["notifications"]
        kept = [one["id"] for one in page if one["id"] > first] + kept
        before = page[0]["id"] if page else 0
    return kept
