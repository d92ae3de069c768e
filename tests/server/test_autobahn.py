"""Autobahn's cases, all that need no extension: the whole of RFC 6455 on the server's side."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.serving import serving

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = {
    "1": "framing",
    "2": "pings and pongs",
    "3": "reserved bits",
    "4": "opcodes",
    "5": "fragmentation",
    "6": "UTF-8",
    "7": "closing",
    "10": "autofragmentation",
}
SLOW_SECTIONS = ["9.1", "9.2", "9.3", "9.4", "9.5", "9.6", "9.7", "9.8"]
ALL_OF_THEM = 247


async def echo(scope, receive, send):
    """Send back what comes, as what it came."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send(message | {"type": "websocket.send"})


def run_cases(port, *cases):
    command = [sys.executable, "-m", "tests.server.autobahn", f"ws://127.0.0.1:{port}/", *cases]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def explain(results):
    return "\n".join(f"{r['case']} {r['explanation']}" for r in results if not r["passed"])


@pytest.fixture(scope="session", params=["asyncio", "uvloop"])
def results(request):
    """The results of every section that is not slow."""
    with serving(echo, loop=request.param) as server:
        return run_cases(server.port, *(f"{section}.*" for section in SECTIONS))


@pytest.mark.parametrize("section", SECTIONS, ids=lambda number: f"{number}-{SECTIONS[number]}")
def test_every_case_of_a_section_passes(results, section):
    cases = [result for result in results if result["case"].split(".")[0] == section]
    assert cases
    assert not (failures := explain(cases)), failures


def test_no_case_was_left_out(results):
    assert len(results) == ALL_OF_THEM


@pytest.mark.slow
@pytest.mark.parametrize("section", SLOW_SECTIONS)
def test_large_and_many_messages_pass(loop, section):
    with serving(echo, loop=loop) as server:
        cases = run_cases(server.port, f"{section}.*")
    assert cases
    assert not (failures := explain(cases)), failures
