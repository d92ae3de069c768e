"""`python -m benchmarks.reload`: how long the edit loop takes, in a project as the README has it.

From the saving of a file to the goodbye that a client is told, to the first answer of the new code,
and until the client is back and has its first frame. No goal of the table's runs: by the clock, so
on a machine that does nothing else.
"""

import argparse
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

README = Path(__file__).parent.parent / "README.md"
COMMANDS = (
    ("manage.py runserver", ["manage.py", "runserver", "{port}"]),
    ("hubbub serve --reload", ["-m", "hubbub", "serve", "--reload", "--port", "{port}"]),
)
PATH = "\nfrom project.views import word\nurlpatterns += [path('word', word)]\n"
VIEW = (
    "from django.http import HttpResponse\n\n\ndef word(request):\n    return HttpResponse('{}')\n"
)
SECONDS = 60
GOAL_SECONDS = 2.0


class Times(NamedTuple):
    """Seconds from the saving of a file."""

    goodbye: float
    answer: float
    back: float


def make_project(folder: Path) -> None:
    """A project as `startproject` makes it, with what the README says, and a view of its own."""
    python(folder, "-m", "django", "startproject", "project", ".")
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    for name, text in zip(("settings", "asgi", "urls"), blocks, strict=False):
        with (folder / "project" / f"{name}.py").open("w" if name == "asgi" else "a") as file:
            file.write(text + (PATH if name == "urls" else ""))
    save(folder, "0")
    python(folder, "manage.py", "migrate", "--verbosity", "0")


def python(folder: Path, *words: str) -> None:
    """Run Python in the project to a good end."""
    subprocess.run([sys.executable, *words], cwd=folder, env=environment(), check=True)


def environment() -> dict[str, str]:
    """Without settings of others."""
    return {name: value for name, value in os.environ.items() if "DJANGO" not in name}


def save(folder: Path, word: str) -> None:
    """What a developer does: the view says something else now."""
    (folder / "project" / "views.py").write_text(VIEW.format(word))


@contextmanager
def serving(folder: Path, words: list[str]) -> Iterator[int]:
    """Run a command, on a free port that is given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, *(word.format(port=port) for word in words)]
    with (
        (folder / "output.txt").open("wb") as sink,
        subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=sink, stderr=sink
        ) as process,
    ):
        try:
            answered(port, "0")
            yield port
        finally:
            process.terminate()


def answered(port: int, word: str) -> float:
    """Ask until the view says so; the time when it did. Raises TimeoutError."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        line = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        with suppress(OSError, HTTPException):
            line.request("GET", "/word")
            if line.getresponse().read().decode() == word:
                return time.monotonic()
        line.close()
        time.sleep(0.01)
    raise TimeoutError(f"nobody said {word!r} within {SECONDS} s")


def one(folder: Path, port: int, word: str, asking: ThreadPoolExecutor) -> Times:
    """Save once, at whatever moment between two looks at the files."""
    address = f"ws://127.0.0.1:{port}/ws/counter/"
    with connect(address, proxy=None, open_timeout=SECONDS) as client:
        client.recv(SECONDS)
        time.sleep(1 + random.random())
        saved = time.monotonic()
        save(folder, word)
        answer = asking.submit(answered, port, word)
        with suppress(ConnectionClosed):
            while True:
                client.recv(SECONDS)
        goodbye = time.monotonic()
    [wait] = re.findall(r"retry_after_ms=(\d+)", client.close_reason or "")
    time.sleep(int(wait) / 1000)
    with connect(address, proxy=None, open_timeout=SECONDS) as client:
        client.recv(SECONDS)
        back = time.monotonic()
    return Times(goodbye - saved, answer.result() - saved, back - saved)


def measured(words: list[str], times: int) -> list[Times]:
    """So many savings in a project that a command serves."""
    with tempfile.TemporaryDirectory(prefix="hubbub-reload-") as name:
        folder = Path(name)
        make_project(folder)
        with serving(folder, words) as port, ThreadPoolExecutor(1) as asking:
            return [one(folder, port, str(word), asking) for word in range(1, times + 1)]


def main() -> int:
    """Print a line a command; 1 where a client is back later than in two seconds, by the median."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reload", description=__doc__)
    parser.add_argument("--times", type=int, default=10, help="how often a file is saved")
    times = parser.parse_args().times
    print("| seconds until | the goodbye | the first answer, worst | the client is back, worst |")
    print("| --- | ---: | ---: | ---: |")
    late = False
    for name, words in COMMANDS:
        columns = list(zip(*measured(words, times), strict=True))
        goodbye, answer, back = map(statistics.median, columns)
        worst = Times(*map(max, columns))
        late = late or back > GOAL_SECONDS
        answers, backs = f"{answer:.2f}, {worst.answer:.2f}", f"{back:.2f}, {worst.back:.2f}"
        print(f"| {name} | {goodbye:.2f} | {answers} | {backs} |", flush=True)
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
