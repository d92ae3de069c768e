"""Starts Python programs from a process that has imported the libraries already, and forks.

A server's start is 0.9 s of CPU, most of it the imports of Django and others. It is the same
program, run as `python -m` runs it, in an environment and a folder of its own; nothing of Hubbub is
imported before, since that may keep what is one process's.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]
#: Imported before the first program; what is not there is left out.
LIBRARIES = """
    asyncio ssl sqlite3 django.conf django.core.handlers.asgi django.core.management
    django.db.models django.http django.forms django.template django.middleware.csrf
    django.contrib.auth.hashers django.core.checks django.db.backends.sqlite3.base
    django.test.signals django.utils.autoreload django.contrib.staticfiles.finders
    django.views.debug pydantic pydantic_settings structlog msgspec channels.routing
    channels.layers channels.generic.websocket uvicorn uvloop psycopg psycopg_pool
"""


class Child:
    """A program that was started; as much of `subprocess.Popen` as the tests need."""

    def __init__(self, nursery: Nursery, args: Sequence[str], pid: int) -> None:
        self.args = list(args)
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery
        self._handle = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self.returncode if self._ended(0) else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises TimeoutExpired."""
        if not self._ended(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> bool:
        if self.returncode is None:
            watch = select.poll()
            watch.register(self._handle, select.POLLIN)
            if not watch.poll(None if timeout is None else timeout * 1000):
                return False
            self.returncode = self._nursery.ask(end=self.pid)
            os.close(self._handle)
        return True


class Nursery:
    """The process that forks; it lives as long as the tests."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery", str(theirs.fileno())],
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._line = ours.makefile("rw")
        atexit.register(self.close)

    def ask(self, **question: Any) -> int:
        """Have a program started, or the exit code of one that has ended."""
        self._line.write(json.dumps(question) + "\n")
        self._line.flush()
        return int(self._line.readline())

    def start(
        self, module: str, args: Sequence[str], *, env: dict[str, str], cwd: Path, output: Path
    ) -> Child:
        """Run `python -m module args`, its output in a file."""
        where = {"env": env, "cwd": str(cwd), "output": str(output)}
        return Child(self, args, self.ask(module=module, args=list(args), **where))

    def close(self) -> None:
        """End it; what it has started goes on."""
        self._line.close()
        self._process.kill()
        self._process.wait()


@cache
def nursery() -> Nursery | None:
    """The tests' own; None where the system has no handles of processes."""
    return Nursery() if hasattr(os, "pidfd_open") else None


def tend(line: Any) -> dict[str, Any] | None:
    """Answer questions until there are no more; in a child, the program that it is to be."""
    for text in line:
        question = json.loads(text)
        if "end" in question:
            _, status = os.waitpid(question["end"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                return question
        line.write(f"{answer}\n")
        line.flush()
    return None


def become(program: dict[str, Any]) -> None:
    """Be a program, in all that it can see of itself."""
    sink = os.open(program["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(sink, number)
    os.close(sink)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, write_through=True)
    os.environ.clear()
    os.environ.update(program["env"])
    os.chdir(program["cwd"])
    sys.path[0] = program["cwd"]
    sys.argv = [program["module"], *program["args"]]


if __name__ == "__main__":
    from contextlib import suppress
    from importlib import import_module
    from runpy import run_module

    for library in LIBRARIES.split():
        with suppress(ImportError):
            import_module(library)
    with socket.socket(fileno=int(sys.argv[1])) as here, here.makefile("rw") as there:
        child = tend(there)
    if child is not None:
        become(child)
        for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
            del sys.modules[name]
        run_module(child["module"], run_name="__main__", alter_sys=True)
