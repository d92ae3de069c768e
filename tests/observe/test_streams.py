"""A server outlives the readers of its output, and a disk that is full."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from hubbub.observe.streams import Tolerant
from tests.servers import RunningServer, environment, free_port

TRACEBACK = re.compile("Traceback|Exception ignored|Error")


@pytest.fixture
def full():
    with Tolerant("/dev/full", "wb") as file:
        yield file


def test_what_cannot_be_written_is_dropped(full):
    assert full.write(b"line") == 4
    assert full.write(memoryview(b"line")) == 4


def test_what_can_be_written_is(tmp_path):
    with Tolerant(tmp_path / "log", "wb") as file:
        file.write(b"line")
    assert (tmp_path / "log").read_bytes() == b"line"


@pytest.mark.parametrize(
    "where", [">/dev/full", ">/dev/full 2>&1", ">&- 2>&-", "2>&-", "| true", "2>&1 | true"]
)
def test_it_serves_wherever_its_output_goes(tmp_path, where):
    port, status, errors = free_port(), tmp_path / "status", tmp_path / "errors"
    command = f"{sys.executable} -m hubbub serve --port {port} --data {tmp_path / 'data'}"
    line = f"{{ echo $BASHPID >{tmp_path}/pid; exec {command}; }}"
    script = f"( ( {line} ); echo $? >{status} ) {where}"
    with errors.open("wb") as sink:
        shell = subprocess.Popen(["bash", "-c", script], stderr=sink, env=environment({}))
        server = RunningServer(shell, port, tmp_path, errors)
        wait_until_up(server)
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
        shell.wait(60)
    assert status.read_text() == "0\n"
    assert not TRACEBACK.search(errors.read_text())


def wait_until_up(server):
    """As `RunningServer.wait_until_up`, where the shell may have ended before the server."""
    from tests.servers import answers

    deadline = time.monotonic() + 120
    while not answers(f"{server.url}/healthz"):
        assert time.monotonic() < deadline, server.output()
        time.sleep(0.1)
