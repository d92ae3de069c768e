"""200 clients change a counter, lose their connections and try again: nobody counts wrong.

Each keeps the value by itself: what it was told first, and every change since. HUBBUB_COUNTER_OPS
says how many changes each client makes (5); the slow run makes 100.
"""

import asyncio
import os
import sys
from random import Random

import pytest
from websockets.asyncio.client import connect

from tests.api_v1.talk import talk
from tests.crash.client import GONE, Client
from tests.crash.site import site

CLIENTS = 200
FEW = int(os.environ.get("HUBBUB_COUNTER_OPS", "5"))
#: A hundred each are four million frames to read, some minutes for this process alone.
DEADLINE = 1200.0


class CounterClient(Client):
    """Hears every change of a counter between a snapshot and the next; `value` is its own sum."""

    number = "version"
    value = 0

    def path(self) -> str:
        return self.url

    def take(self, frame) -> None:
        if frame["type"] != "counter_update":
            super().take(frame)
        elif "action" not in frame:
            if frame["version"] < self.last or (
                frame["version"] == self.last and frame["counter"] != self.value
            ):
                self.faults.append(f"a snapshot {frame} after {self.last}: {self.value}")
            self.last, self.value = frame["version"], frame["counter"]
        else:
            self.take_event(frame)
            change = frame["value"] if frame["action"] == "increment" else -frame["value"]
            self.value = 0 if frame["action"] == "reset" else self.value + change
            if self.value != frame["counter"]:
                self.faults.append(f"{frame} after {self.value}")

    async def run(self, until) -> None:
        """As every client; now and then it drops its connection, whatever is on its way."""
        while not until.is_set():
            drop = asyncio.Event()
            alarm = asyncio.create_task(self._ring(drop, until))
            try:
                async with connect(
                    self.path(), compression=None, proxy=None, max_queue=None, open_timeout=10
                ) as connection:
                    self.connections += 1
                    await self._live(connection, drop)
                    connection.transport.abort()
            except* GONE:
                await asyncio.sleep(self.random.uniform(0.01, 0.1))
            finally:
                alarm.cancel()

    async def _ring(self, drop, until) -> None:
        try:
            async with asyncio.timeout(None if self.done else self.random.uniform(0.5, 6)):
                await until.wait()
        except TimeoutError:
            pass
        finally:
            drop.set()


def wish(random, who, number):
    """A random change; no reset, so that the sum is that of what was acked, in any order."""
    action = random.choice(["increment", "decrement"])
    return {"action": action, "value": random.randrange(1000), "id": f"{who}-{number}"}


def worth(change) -> int:
    return change["value"] if change["action"] == "increment" else -change["value"]


async def count(tmp_path, ops, seed) -> str:
    random = Random(seed)
    with site(tmp_path) as server:
        url = server.url("/ws/counter/all/")
        clients = [
            CounterClient(
                url, [wish(random, who, n) for n in range(ops)], Random(seed * 1000 + who)
            )
            for who in range(CLIENTS)
        ]
        end, total = asyncio.Event(), CLIENTS * ops
        async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
            for client in clients:
                tasks.create_task(client.run(end))
            while not all(client.done and client.last == total for client in clients):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            end.set()
        async with talk(url) as late:
            welcome = await late.hear_until(type="counter_update")
    figures = (
        f"seed {seed}: {total} changes, {sum(client.connections for client in clients)}"
        f" connections, {sum(len(client.refusals) for client in clients)} refusals"
    )
    assert [fault for client in clients for fault in client.faults] == [], figures
    codes = {refusal["code"] for client in clients for refusal in client.refusals}
    assert codes <= {"overloaded"}, figures
    asked = {wish["id"]: worth(wish) for client in clients for wish in client.wishes}
    acked = [key for client in clients for key in client.acks]
    assert len(acked) == len(set(acked)) == total, figures
    value = sum(asked[key] for key in acked)
    assert (welcome["counter"], welcome["version"]) == (value, total), figures
    assert {client.value for client in clients} == {value}, figures
    return figures


@pytest.mark.parametrize("seed", [1])
async def test_the_value_everywhere_is_the_sum_of_what_was_acked(tmp_path, seed, capfd):
    figures = await count(tmp_path, FEW, seed)
    with capfd.disabled():
        sys.stderr.write(f"\n{figures} ")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2])
async def test_it_is_so_after_a_hundred_changes_by_each_too(tmp_path, seed, capfd):
    figures = await count(tmp_path, 100, seed)
    with capfd.disabled():
        sys.stderr.write(f"\n{figures} ")
