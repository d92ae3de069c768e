"""A server's process tree: started on its core, weighed through /proc, ended."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

PROC = Path("/proc")
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")  # 10 ms: the resolution of /proc/PID/stat
START_SECONDS = 20.0
STOP_SECONDS = 1.0  # how a server says good-bye is not measured
QUIET_SECONDS = 0.3
QUIET_AT_MOST_SECONDS = 15.0


class ServerError(Exception):
    """The server did not start, or ended; the sentence says so and where its log is."""


class ServerProcess:
    """A running server, pinned to one core. Use it with `with`: leaving ends the whole tree."""

    def __init__(
        self, command: list[str], *, env: dict[str, str], cwd: Path, core: int, port: int, log: Path
    ) -> None:
        self.port = port
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out, pinned(core):
            self._popen = subprocess.Popen(
                command,
                cwd=cwd,
                env=os.environ | env,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(STOP_SECONDS)
        self._signal(signal.SIGKILL)  # whatever of the group is left
        self._popen.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, number)

    def wait_until_listening(self) -> None:
        """Return when the port takes connections; raise `ServerError` when that takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._popen.poll() is not None:
                raise ServerError(f"ended with {self._popen.returncode}: {self._last_words()}")
            if _is_listening(self.port):
                return
            time.sleep(0.05)
        raise ServerError(f"did not listen within {START_SECONDS:.0f} s: {self._last_words()}")

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return (lines[-1] if lines else "it said nothing") + f" (see {self._log})"

    def cpu_seconds(self) -> float:
        """User and system time of the tree so far, the children that have ended included."""
        return sum(_cpu_ticks(pid) for pid in self._tree()) * TICK_SECONDS

    def memory_kib(self) -> float:
        """Anonymous memory of the tree, shared pages once; code is none, it comes and goes."""
        return sum(_anonymous_kib(pid) for pid in self._tree())

    def wait_until_quiet(self) -> None:
        """Return when the server does (nearly) nothing, at the latest after 15 s."""
        deadline = time.monotonic() + QUIET_AT_MOST_SECONDS
        before = self.cpu_seconds()
        while time.monotonic() < deadline:
            time.sleep(QUIET_SECONDS)
            after = self.cpu_seconds()
            if after - before <= 0.05 * QUIET_SECONDS:
                return
            before = after

    def _tree(self) -> list[int]:
        found = [self._popen.pid]
        for pid in found:  # grows while it is walked
            for task in (PROC / str(pid) / "task").glob("*/children"):
                found += [int(child) for child in _text(task).split()]
        return found


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Keep this process on `core` for a while: a child started meanwhile stays there for good."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it ended meanwhile
        return ""


def _cpu_ticks(pid: int) -> int:
    fields = _text(PROC / str(pid) / "stat").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15])  # utime, stime, cutime, cstime


def _anonymous_kib(pid: int) -> float:
    for line in _text(PROC / str(pid) / "smaps_rollup").splitlines():
        if line.startswith("Pss_Anon:"):
            return float(line.split()[1])
    return 0.0


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
