"""One socket beside thirty: the same events of each stream in the same order, through kills.

Of rooms, counters, notifications, a project's own kind, and one that keeps nothing, together;
written to through every door. HUBBUB_CRASH_SEEDS and HUBBUB_CRASH_FIRST as in `test_kill.py`.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import contextmanager
from random import Random

import pytest

from tests.api_v1.serving import make_people
from tests.crash.ears import CounterEar, Ear, InboxEar, PointerEar, shared
from tests.crash.members import OneSocket, OwnSocket, Voice, call, live
from tests.crash.publishing import COUNTERS, GAMES, ROOMS
from tests.crash.site import Site
from tests.crash.test_kill import FIRST, SEEDS
from tests.databases import new_database, opened
from tests.servers import ROOT, environment

SETTINGS = "tests.crash.with_games"
BOARDS = 4
#: What is said: over each own socket, over one of many to each stream, over HTTP to each.
OWN, MANY, CALLS = 5, 2, 3
PUBLISHED = 120
KILLS = 3
DEADLINE = 150.0
#: What every board is told at the end.
LAST = 0


@contextmanager
def server_with_people(folder):
    """A server that may be killed, and whom it knows."""
    pattern = make_people(SETTINGS)
    shutil.copytree(pattern.folder.name, folder, dirs_exist_ok=True)
    with new_database(pattern.database) as database:
        server = Site(folder, {"DJANGO_SETTINGS_MODULE": SETTINGS, **database})
        try:
            server.start()
            yield server, pattern.people
        finally:
            server.kill()


def new_ears(user_id):
    """One for each of thirty streams."""
    chat = [("chat", f"r{n}", "chat_message") for n in range(ROOMS)]
    games = [("game", f"g{n}", "step") for n in range(GAMES)]
    paths = {"chat": "/ws/chat/", "game": "/ws/games/"}
    ears = [
        Ear(f"{word}:{name}", f"{paths[word]}{name}/", kind) for word, name, kind in chat + games
    ]
    ears += [
        CounterEar(f"counter:c{n}", f"/ws/counter/c{n}/", "counter_update") for n in range(COUNTERS)
    ]
    ears += [PointerEar(f"pointer:p{n}", f"/ws/pointers/p{n}/", LAST) for n in range(BOARDS)]
    ears.append(InboxEar("notifications", "/ws/notifications/", str(user_id)))
    assert len(ears) == 30
    return {ear.stream: ear for ear in ears}


class Wishes:
    """What is to be said in a stream: each thing once, with an id and a number of its own."""

    def __init__(self, random):
        self._random = random
        self._number = LAST

    def frame(self, stream):
        """A request of the stream's kind."""
        self._number += 1
        number = self._number
        content = {
            "chat": {"type": "chat_message", "message": f"said {number}"},
            "game": {"type": "move", "field": f"said {number}"},
            "counter": {
                "action": self._random.choice(["increment", "decrement"]),
                "value": self._random.randrange(9),
            },
            "pointer": {"type": "point", "x": number},
        }
        return {**content[stream.partition(":")[0]], "id": f"id{number}"}

    def post(self, stream, user_id):
        """The same over HTTP: where to, and what."""
        word, _, name = stream.partition(":")
        if word == "notifications":
            self._number += 1
            title = self._random.choice(["own", "everyone"])
            body = {"title": title, "message": "m", "id": f"id{self._number}"}
            return "/api/notifications/send/", body | (
                {"user_id": user_id} if title == "own" else {}
            )
        body = self.frame(stream)
        if word == "chat":
            del body["type"]
            return f"/api/chat/{name}/messages/", body
        return (
            f"/api/counter/{name}/" if word == "counter" else f"/api/streams/{word}/{name}/"
        ), body


def everybody(ada, wishes, random):
    """Two members who hear all by one socket, and thirty of one stream each."""
    many = []
    for _ in range(2):
        ears = new_ears(ada.user_id)
        said = [
            {**wishes.frame(stream), "stream": stream}
            for stream in list(ears) * MANY
            if stream != "notifications"
        ]
        many.append(OneSocket(ears, Voice(random.sample(said, len(said)), random), random))
    plain = [
        OwnSocket(
            ear,
            Voice([wishes.frame(ear.stream) for _ in range(OWN) if ":" in ear.stream], random),
        )
        for ear in new_ears(ada.user_id).values()
    ]
    return many, plain


def publish(server, seed, user_id):
    """Publish from a process of the project's."""
    numbers = map(str, (seed, PUBLISHED, user_id))
    return asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.publishing", *numbers),
        cwd=ROOT,
        env=environment(server.env),
    )


def ends_in(server):
    """How far each stream goes, by the table."""
    with opened(server.env) as database:
        return dict(database.execute("SELECT name, last_seq FROM hubbub_stream").fetchall())


class Life:
    """Which start of the server it is."""

    def __init__(self):
        self.number = 1

    async def kills(self, server, voices, random):
        """Kill the server again and again, each time after some more was acked."""
        total = sum(len(voice.wishes) for voice in voices)
        for kill in range(1, KILLS + 1):
            goal = kill * total // (KILLS + 1)
            while sum(len(voice.acks) for voice in voices) < goal:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            await asyncio.to_thread(server.kill)
            self.number += 1
            await asyncio.sleep(random.uniform(0, 0.3))
            await asyncio.to_thread(server.start)


async def until(members, holds):
    """Wait until something holds of every ear; where it takes too long, tell of which not."""
    ears = [ear for member in members for ear in member.ears.values()]
    try:
        while not all(map(holds, ears)):  # noqa: ASYNC110 - of a server
            await asyncio.sleep(0.02)
    except asyncio.CancelledError:
        sys.stderr.write(f"waited for {[ear for ear in ears if not holds(ear)]}\n")
        raise


async def go_on(server, people, seed):
    """Let all speak through the kills, until everybody has heard everything."""
    random, ada, life = Random(seed), people["ada"], Life()
    wishes = Wishes(random)
    many, plain = everybody(ada, wishes, random)
    members = [*many, *plain]
    voices = [member.voice for member in members]
    streams = list(many[0].ears)
    posts = [wishes.post(stream, ada.user_id) for stream in streams * CALLS]
    random.shuffle(posts)
    base = f"http://127.0.0.1:{server.port}"
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        living = [
            tasks.create_task(live(member, server.url, ada.token, lambda: life.number))
            for member in members
        ]
        calling = tasks.create_task(call(base, people["eve"].token, posts, random))
        publisher = await publish(server, seed, ada.user_id)
        await life.kills(server, voices, random)
        assert await publisher.wait() == 0
        answers = await calling
        while not all(voice.done for voice in voices):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await until(members, lambda ear: ear.is_there())
        last = [
            (f"/api/streams/pointer/p{n}/", {"type": "point", "x": LAST}) for n in range(BOARDS)
        ]
        await call(base, people["eve"].token, last, random)
        ends = await asyncio.to_thread(ends_in, server)
        await until(members, lambda ear: ear.is_at(ends))
        for task in living:
            task.cancel()
    return many, plain, answers, ends


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
async def test_one_socket_and_thirty_hear_the_same_through_kills(tmp_path, seed, capsys):
    with server_with_people(tmp_path) as (server, people):
        many, plain, answers, ends = await go_on(server, people, seed)
    resumed = sum(ear.resumed for member in many for ear in member.ears.values())
    figures = (
        f"seed {seed}: {sum(ends.values())} events of {len(ends)} streams, {KILLS} kills,"
        f" {sum(member.connections for member in many)} connections of two,"
        f" {resumed} subscriptions resumed, {len(answers)} calls"
    )
    with capsys.disabled():
        sys.stdout.write(f"\n{figures} ")
    members = [*many, *plain]
    ears = [ear for member in members for ear in member.ears.values()]
    assert [fault for ear in ears for fault in ear.faults] == [], figures
    assert resumed >= KILLS * ROOMS, figures
    for member in plain:
        (own,) = member.ears.values()
        for one in many:
            agree(own, one.ears[own.stream])
    said_once(members, many[0].ears)


def agree(own, one):
    """A plain socket and one of many have heard the same of a stream."""
    if isinstance(own, PointerEar):
        for life in own.lives.keys() | one.lives.keys():
            both = shared(own.lives.get(life, []), one.lives.get(life, []))
            assert both[0] == both[1], own.stream
        assert both_at_the_end(own, one), own.stream
    elif isinstance(own, InboxEar):
        assert own.told == one.told
    elif isinstance(own, CounterEar):
        both = own.heard.keys() & one.heard.keys()
        assert both, own.stream
        assert all(own.heard[version] == one.heard[version] for version in both), own.stream
    else:
        assert own.heard == one.heard, own.stream
        assert list(own.heard) == list(range(1, own.last + 1))


def both_at_the_end(own, one):
    """Whether in the last life one's whole hearing ends as the other's."""
    last = max(own.lives)
    (mine, theirs) = own.lives[last], one.lives[last]
    upto = min(len(mine), len(theirs))
    return mine[-upto:] == theirs[-upto:] and upto > 0


def said_once(members, ears):
    """What was acked is there, under the number that the ack has."""
    for member in members:
        for wish in member.voice.wishes:
            stream = wish.get("stream") or next(iter(member.ears))
            ear, ack = ears[stream], member.voice.acks[wish["id"]]
            if isinstance(ear, CounterEar | PointerEar):
                continue
            text = "message" if stream.startswith("chat") else "field"
            assert ear.heard[ack["seq"]][text] == wish[text]
