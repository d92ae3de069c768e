"""Real servers for the tests: processes on free ports of the loopback address, ended by the test.

with start_server() as server:
    ... f"http://127.0.0.1:{server.port}/healthz" ...
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from tests.nursery import Child, nursery

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[1]
#: Upper bounds, that hold where everything takes ten times as long.
START_SECONDS = 90
STOP_SECONDS = 15
#: Below those that kernels give to clients (from 32768 on in Linux).
PORTS = range(20000, 32000)
#: Not repeated with a test's seed: two that run at once would choose the same.
chance = SystemRandom()

#: What makes a process note which lines of the source it goes through: its start takes half as
#: long again, and most go through the same.
MEASURE = "COVERAGE_PROCESS"

opener = build_opener(ProxyHandler({}))


class RunningServer:
    """A server process: its port, its folder, what it printed, and its end."""

    def __init__(
        self, process: subprocess.Popen[bytes] | Child, port: int, folder: Path, output: Path
    ) -> None:
        self.process = process
        self.port = port
        self.folder = folder
        self._output = output

    @property
    def url(self) -> str:
        """Where it speaks HTTP, with no slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        """Where it speaks WebSocket, with no slash at the end."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.folder / "data"

    def output(self) -> str:
        """All that it printed until now, errors included."""
        return self._output.read_text(errors="replace")

    def wait_until_up(self, path: str) -> None:
        """Return when `path` answers; raise with the output when the server ends or takes long."""
        deadline = time.monotonic() + START_SECONDS
        while not answers(f"{self.url}{path}"):
            if self.process.poll() is not None:
                raise AssertionError(f"exit code {self.process.returncode}:\n{self.output()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"not up after {START_SECONDS} s:\n{self.output()}")
            time.sleep(0.03)

    def stop(self) -> int:
        """Ask it to stop, kill it after a deadline, and return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if error is not None:
            sys.stderr.write(self.output())
        shutil.rmtree(self.folder, ignore_errors=True)


def answers(url: str) -> bool:
    """Whether anything speaks HTTP there."""
    try:
        opener.open(url, timeout=5).close()
    except HTTPError:
        return True
    except (URLError, OSError):
        return False
    return True


def free_port() -> int:
    """A port of the loopback address on which nothing listens.

    Not one that the kernel would choose: it gives those to clients too, of which another test may
    have thousands, before the server that is started for this one listens.
    """
    while True:
        port = chance.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without any setting of Hubbub or Django, and with `extra`.

    Nor is what runs in it measured, unless `extra` has `measured()`.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HUBBUB_", "DJANGO_", MEASURE))
    }
    return kept | {"PYTHONUNBUFFERED": "1"} | dict(extra)


def measured() -> dict[str, str]:
    """What lets a process tell which lines of the source it goes through, where the tests do."""
    return {name: value for name, value in os.environ.items() if name.startswith(MEASURE)}


def start_python(
    command: list[str], *, env: Mapping[str, str], cwd: Path, output: Path
) -> subprocess.Popen[bytes] | Child:
    """Start a program, its output in a file: by the nursery, where it is one of `python -m`."""
    python, option, module, *args = command
    # What Python reads of its environment when it begins, such as what it measures.
    early = any(name.startswith(("PYTHON", MEASURE)) for name in env)
    nurse = None if early or (python, option) != (sys.executable, "-m") else nursery()
    if nurse is not None:
        return nurse.start(module, args, env=environment(env), cwd=cwd, output=output)
    with output.open("wb") as sink:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=environment(env),
        )


def start_server(
    *args: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    wait_for: str | None = "/healthz",
) -> RunningServer:
    """Start `hubbub serve` on a free port with a data folder of its own, and wait until it is up.

    `args` are more options of `hubbub serve`, `env` more variables, `cwd` the folder to start in.
    """
    port = free_port()
    command = [sys.executable, "-m", "hubbub", "serve", "--port", str(port), *args]
    return start_process(command, port, env=env, cwd=cwd, wait_for=wait_for)


def start_process(
    command: list[str],
    port: int,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    wait_for: str | None = "/healthz",
) -> RunningServer:
    """Start any server that listens on `port`: Daphne, uvicorn, a project's own command."""
    folder = Path(tempfile.mkdtemp(prefix="hubbub-server-"))
    output = folder / "output.txt"
    extra = {"HUBBUB_DATA": str(folder / "data")} | dict(env or {})
    process = start_python(command, env=extra, cwd=cwd or ROOT, output=output)
    server = RunningServer(process, port, folder, output)
    if wait_for is not None:
        with contextlib.ExitStack() as undo:
            undo.push(server)
            server.wait_until_up(wait_for)
            undo.pop_all()
    return server
