"""The load generator: the C program of load/, compiled here, and its conversation."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.scenarios import Scenario
from benchmarks.servers import Server

SOURCES = Path(__file__).parent / "load"
LONGEST = 3  # times the seconds asked for, when a server delivers too little in them


class GeneratorError(Exception):
    """The generator could not be built, or gave up; the sentence says why."""


def build(folder: Path) -> Path:
    """Compile the generator into `folder`; return the program."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise GeneratorError("no C compiler: install `cc` (gcc or clang) to run the benchmark")
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "load"
    sources = [str(source) for source in sorted(SOURCES.glob("*.c"))]
    done = subprocess.run(
        [compiler, "-O2", "-o", str(program), *sources], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise GeneratorError(f"cc failed:\n{done.stderr}")
    return program


@dataclass(frozen=True)
class Counted:
    """What the generator counted in the measured seconds; times in the unit of their name.

    `notices` are frames that are neither delivery nor ack, `strays` those of no known message (told
    twice, or more than 12 s late), `closed` connections that the server ended. The times are those
    to a delivery; in a scenario with acks, those to an ack.
    """

    seconds: float
    cpu_seconds: float
    messages: int
    acks: int
    deliveries: int
    notices: int
    errors: int
    strays: int
    closed: int
    p50_us: float
    p99_us: float

    @property
    def trouble(self) -> str | None:
        """What went wrong, in words."""
        troubles = {
            "errors": self.errors,
            "strays": self.strays,
            "connections lost": self.closed,
        }
        return ", ".join(f"{n} {what}" for what, n in troubles.items() if n) or None


class Generator:
    """One run of the generator, all members connected, which took `connect_seconds`."""

    connect_seconds: float

    def __init__(self, popen: subprocess.Popen[str]) -> None:
        self._popen = popen

    def wait_until_connected(self) -> None:
        """Return when every member has its connection, and what it missed."""
        self.connect_seconds = self.event("connected")["seconds"]

    def go(self) -> None:
        """Start the sending; or, without anything to measure, hang up."""
        assert self._popen.stdin
        try:
            self._popen.stdin.write("go\n")
            self._popen.stdin.flush()
        except BrokenPipeError as error:
            raise GeneratorError(self._last_words()) from error

    def event(self, name: str) -> dict[str, Any]:
        """Wait for the event `name` and return its other keys."""
        assert self._popen.stdout
        line = self._popen.stdout.readline()
        if not line:
            raise GeneratorError(self._last_words())
        event: dict[str, Any] = json.loads(line)
        if event.pop("event") != name:
            raise GeneratorError(f"expected {name!r}, got {line!r}")
        return event

    def counted(self) -> Counted:
        """Wait for the end and return the figures."""
        return Counted(**self.event("end"))

    def _last_words(self) -> str:
        assert self._popen.stderr
        said = self._popen.stderr.read().strip() or f"ended with {self._popen.wait()}"
        return said.splitlines()[-1]


@contextmanager
def connected(
    program: Path,
    server: Server,
    scenario: Scenario,
    *,
    port: int,
    query: str = "",
    warmup: float = 0,
    seconds: float = 0,
) -> Iterator[Generator]:
    """Connect all members of `scenario`; send for `warmup` + `seconds` once told to go.

    Those who resume (with `query`) come all at once, others not more than a server can queue.
    """
    way = server.way_for(scenario)
    options = {
        "port": port,
        "prefix": way.prefix,
        "suffix": way.suffix + query,
        "speech": way.speech,
        "rooms": scenario.rooms,
        "members": scenario.members,
        "inflight": scenario.inflight,
        "rate": scenario.rate,
        "warmup": int(warmup * 1000),
        "measure": int(seconds * 1000),
        "longest": int(seconds * LONGEST * 1000),
        "acks": int(scenario.acked),
        "missed": scenario.missed,
        "opening": scenario.connections if scenario.missed else 0,
        "each": scenario.each or 1,
    }
    with subprocess.Popen(
        [str(program), *(f"{name}={value}" for name, value in options.items())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as popen:
        try:
            generator = Generator(popen)
            generator.wait_until_connected()
            yield generator
            popen.wait(10)
        finally:
            popen.kill()
