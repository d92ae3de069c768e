"""`kill -9` under load: what was acked is in the table once, and all have heard the same.

HUBBUB_CRASH_SEEDS says how many seeds (1), HUBBUB_CRASH_FIRST with which to begin (1).
"""

import asyncio
import os
import sys
from random import Random
from typing import NamedTuple

import pytest

from tests.crash.client import Client
from tests.crash.site import site
from tests.databases import opened

SEEDS = int(os.environ.get("HUBBUB_CRASH_SEEDS", "1"))
FIRST = int(os.environ.get("HUBBUB_CRASH_FIRST", "1"))
CLIENTS = 50
EACH = 15
KILLS = 3
DEADLINE = 120.0


class Trial(NamedTuple):
    """A kind of stream: its path, its request and event, and what it keeps where."""

    path: str
    request: str
    event: str
    text: str
    table: str
    settings: str

    def rows(self, server) -> list[tuple[int, str, str]]:
        """What the table of the stream holds: seq, id and text."""
        query = f"SELECT seq, request_id, {self.text} FROM {self.table}"
        with opened(server.env) as database:
            return database.execute(f"{query} WHERE name = 'crash' ORDER BY seq").fetchall()

    def client(self, server, seed, who):
        """One who says some things, and hears all."""
        wishes = [
            {"type": self.request, self.text: f"{who} says {n}", "id": f"{who}-{n}"}
            for n in range(EACH)
        ]
        client = Client(server.url(f"/ws/{self.path}/crash/"), wishes, Random(seed * 1000 + who))
        client.kinds = (self.event,)
        return client


TRIALS = {
    "chat": Trial(
        *("chat", "chat_message", "chat_message", "message", "hubbub_chat_message"),
        "hubbub.site.settings",
    ),
    "an own kind": Trial("games", "move", "step", "field", "toy_step", "tests.crash.with_games"),
}


async def kill_under_load(server, clients, random) -> None:
    """Kill the server again and again, each time after some more has been acked."""
    for kill in range(1, KILLS + 1):
        goal = kill * CLIENTS * EACH // (KILLS + 1) + random.randrange(-20, 20)
        while sum(len(client.acks) for client in clients) < goal:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        await server.again(random.uniform(0, 0.3))


async def go_on(clients, random, server, trial) -> None:
    """Let clients speak through the kills, until all have heard everything."""
    end = asyncio.Event()
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        for client in clients:
            tasks.create_task(client.run(end))
        await kill_under_load(server, clients, random)
        while not (  # noqa: ASYNC110
            all(client.done for client in clients)
            and len({client.last for client in clients}) == 1
            and clients[0].last == len(await asyncio.to_thread(trial.rows, server))
        ):
            await asyncio.sleep(0.05)
        end.set()


@pytest.mark.parametrize("kind", TRIALS)
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
async def test_a_kill_under_load_loses_nothing_acked_and_tells_all_the_same(
    tmp_path, seed, kind, capsys
):
    random, trial = Random(seed), TRIALS[kind]
    with site(tmp_path, DJANGO_SETTINGS_MODULE=trial.settings) as server:
        clients = [trial.client(server, seed, who) for who in range(CLIENTS)]
        await go_on(clients, random, server, trial)
        stored = trial.rows(server)
    figures = (
        f"seed {seed}, {kind}: {len(stored)} events, {KILLS} kills,"
        f" {sum(client.connections for client in clients)} connections,"
        f" {sum(client.resumed for client in clients)} resumed,"
        f" {sum(client.unrecovered for client in clients)} read a page instead,"
        f" {sum(len(client.refusals) for client in clients)} refusals"
    )
    with capsys.disabled():
        sys.stdout.write(f"\n{figures} ")
    assert [fault for client in clients for fault in client.faults] == [], figures
    codes = {refusal["code"] for client in clients for refusal in client.refusals}
    assert codes <= {"overloaded"}, figures
    assert [seq for seq, *_ in stored] == list(range(1, CLIENTS * EACH + 1)), figures
    acks = {key: ack["seq"] for client in clients for key, ack in client.acks.items()}
    assert {key: seq for seq, key, _ in stored} == acks, figures
    said = {wish["id"]: wish[trial.text] for client in clients for wish in client.wishes}
    assert {key: text for _, key, text in stored} == said, figures
    told = [(seq, text) for seq, _, text in stored]
    for client in clients:
        heard = [(seq, frame[trial.text]) for seq, frame in sorted(client.heard.items())]
        if client.unrecovered:
            assert set(heard) <= set(told), figures
        else:
            assert heard == told, figures
    assert sum(client.resumed for client in clients) >= CLIENTS * KILLS / 2, figures
