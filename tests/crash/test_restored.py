"""An older state is put back under a running server, and others store as much as was lost.

The server stands still meanwhile, so it sees none of it: the table has as many events as it told.
"""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import asynccontextmanager, closing, contextmanager, suppress

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hubbub.wire.closes import TRY_LATER
from tests.crash.site import site
from tests.databases import URL, opened
from tests.servers import ROOT, START_SECONDS, environment

DEADLINE = 30.0
#: What was said before the backup, and what since.
KEPT, LOST = 3, 4
SAY = """
import django
django.setup()
from hubbub.chat import services
for number in range({number}):
    services.post(room="{room}", message=f"elsewhere {{number}}")
"""
STREAM = "SELECT epoch, last_seq, first_seq, last_mark, mark_before FROM hubbub_stream"
DROP = "DELETE FROM hubbub_chat_message WHERE name = '{}' AND seq > {}"
PUT_BACK = """
    UPDATE hubbub_stream SET epoch = '{}', last_seq = {}, first_seq = {}, last_mark = {},
    mark_before = {} WHERE name = '{}'
"""


@contextmanager
def backup(server, room):
    """Yields what puts the database back to what it is now: the file, or PostgreSQL's rows."""
    with opened(server.env) as database, closing(sqlite3.connect(":memory:")) as copy:
        if URL not in server.env:
            database.backup(copy)
            yield lambda: copy.backup(database)
            return
        where = database.execute(f"{STREAM} WHERE name = 'chat:{room}'").fetchone()

        def put_back() -> None:
            database.execute(DROP.format(room, where[1]))
            database.execute(PUT_BACK.format(*where, f"chat:{room}"))

        yield put_back


@contextmanager
def stopped(server):
    """The server stands still."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


def say_elsewhere(server, room, number):
    """Another process stores so many, and rings nobody."""
    subprocess.run(
        [sys.executable, "-c", SAY.format(room=room, number=number)],
        cwd=ROOT,
        env=environment(server.env | {"DJANGO_SETTINGS_MODULE": "hubbub.site.settings"}),
        check=True,
        timeout=START_SECONDS,
    )


class Member:
    """A client in the room."""

    def __init__(self, socket) -> None:
        self.socket = socket
        self.told: list[tuple[int, str]] = []

    async def hear(self):
        frame = json.loads(await self.socket.recv())
        if frame["type"] == "chat_message":
            self.told.append((frame["seq"], frame["message"]))
        return frame

    async def hear_type(self, kind):
        while (frame := await self.hear())["type"] != kind:
            pass
        return frame

    async def say(self, *messages):
        """Say something, and hear it."""
        for message in messages:
            await self.socket.send(json.dumps({"type": "chat_message", "message": message}))
        for _ in messages:
            await self.hear_type("chat_message")

    async def hear_the_end(self):
        """The code with which the socket closes."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as closed:
            return closed.rcvd.code


@contextmanager
def restored(server, room, back, *, more=0):
    """The backup is put back, and others store what was lost and `more`, while nobody looks."""
    with stopped(server):
        back()
        say_elsewhere(server, room, LOST + more)
        yield


def enter(server, room, **place):
    query = "&".join(f"{name}={value}" for name, value in place.items())
    return connect(server.url(f"/ws/chat/{room}/?{query}"), compression=None, proxy=None)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with site(tmp_path_factory.mktemp("data")) as server:
        yield server


@asynccontextmanager
async def told(server, room):
    """A member that was told what is going to be lost, its epoch, and what puts the rest back."""
    async with asyncio.timeout(DEADLINE), enter(server, room, since=0) as socket:
        member = Member(socket)
        epoch = (await member.hear_type("recovery"))["epoch"]
        await member.say(*(f"kept {number}" for number in range(KEPT)))
        with backup(server, room) as back:
            await member.say(*(f"lost {number}" for number in range(LOST)))
            yield member, epoch, back


@pytest.mark.parametrize("more", [0, 2])
@pytest.mark.parametrize("speaks", [True, False])
async def test_members_are_sent_to_learn_a_new_epoch_and_told_nothing_of_it_before(
    server, speaks, more
):
    room = f"restored-{speaks}-{more}"
    async with told(server, room) as (member, epoch, back):
        before = list(member.told)
        with restored(server, room, back, more=more):
            if speaks:  # the server's own bell may come before it has looked at the table
                words = {"type": "chat_message", "message": "first after all"}
                await member.socket.send(json.dumps(words))
        assert await member.hear_the_end() == TRY_LATER.code
        assert member.told == before
    async with enter(server, room, since=KEPT + LOST, epoch=epoch) as socket:
        frame = await Member(socket).hear_type("recovery")
        assert (frame["recovered"], frame["epoch"] != epoch) == (False, True)


async def test_who_comes_back_meanwhile_is_told_nothing_that_follows_something_else(server):
    room = "restored-meanwhile"
    async with told(server, room) as (member, epoch, back):
        with restored(server, room, back, more=2):
            place = {"since": KEPT + LOST, "epoch": epoch}
            # Its handshake waits in the socket's queue until the server goes on.
            returning = asyncio.create_task(come_back(server, room, **place))
            await asyncio.sleep(0.3)
        assert await returning == []
        assert await member.hear_the_end() == TRY_LATER.code


async def come_back(server, room, **place):
    """What a member hears with its old place, until it is sent away or told that it is too old."""
    async with enter(server, room, **place) as socket:
        member = Member(socket)
        with suppress(ConnectionClosed):
            frame = await member.hear_type("recovery")
            if not frame["recovered"]:
                return member.told
        assert await member.hear_the_end() == TRY_LATER.code
        return member.told
