"""Servers with people who have accounts: our own or Daphne, the site or somebody's project."""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.databases import URL, new_database
from tests.servers import ROOT, START_SECONDS, environment, free_port, start_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import RunningServer

SITE = "hubbub.site.settings"
PROJECT = "tests.api_v1.project.settings"
#: The site, with a look at who is still signed in every fifth of a second.
BRISK = "tests.brisk.settings"
#: The ASGI application of each settings module, for servers that want it named.
APPLICATIONS = {
    SITE: "hubbub.asgi:application",
    BRISK: "hubbub.asgi:application",
    PROJECT: "tests.api_v1.project.asgi:application",
}
KINDS = ("hubbub", "daphne")


@dataclass(frozen=True)
class Person:
    """Somebody with an account: ada, bob, or eve, who is staff."""

    user_id: int
    token: str
    cookie: str


@dataclass(frozen=True)
class Pattern:
    """A data folder, and where it is not in there a database, of a site with people."""

    folder: TemporaryDirectory[str]
    database: str
    people: dict[str, Person]


@dataclass(frozen=True)
class Server:
    """A running server."""

    running: RunningServer
    #: What it was started with: its settings, its data folder, its database.
    env: dict[str, str]
    people: dict[str, Person]

    def ws(self, path: str) -> str:
        return self.running.ws + path

    def http(self, path: str) -> str:
        return self.running.url + path

    @property
    def port(self) -> int:
        return self.running.port

    @property
    def folder(self) -> Path:
        return Path(self.env["HUBBUB_DATA"])

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        (file,) = self.folder.glob("*.sqlite3")
        return file

    def run(self, code: str) -> None:
        """Run Python in another process of its project."""
        command = [sys.executable, "-m", "hubbub", "manage", "shell", "--no-imports", "-c", code]
        subprocess.run(command, check=True, timeout=START_SECONDS, env=environment(self.env))

    def resident(self) -> int:
        """KiB of memory that the process holds."""
        status = Path(f"/proc/{self.running.process.pid}/status")
        if status.exists():
            return int(status.read_text().split("VmRSS:")[1].split()[0])
        ask = ["ps", "-o", "rss=", "-p", str(self.running.process.pid)]
        return int(subprocess.run(ask, check=True, capture_output=True, timeout=10).stdout)


@contextmanager
def serve(
    folder: Path, *, kind: str = "hubbub", settings: str = SITE, **variables: str
) -> Iterator[Server]:
    """Run a server of `kind`, with more environment `variables`, until the block ends.

    Its database is an SQLite file in `folder`, or a fresh one on the PostgreSQL of
    TEST_DATABASE_URL.
    """
    pattern = make_people(settings)
    shutil.copytree(pattern.folder.name, folder, dirs_exist_ok=True)
    port = free_port()
    with new_database(pattern.database) as database:
        env = {"DJANGO_SETTINGS_MODULE": settings, "HUBBUB_DATA": str(folder)}
        env |= database | variables
        with start_process(command(kind, settings, port), port, env=env) as running:
            yield Server(running, env, pattern.people)


def command(kind: str, settings: str, port: int) -> list[str]:
    """The command line of a server."""
    if kind == "daphne":
        place = ["-b", "127.0.0.1", "-p", str(port)]
        return [sys.executable, "-m", "daphne", *place, APPLICATIONS[settings]]
    return [sys.executable, "-m", "hubbub", "serve", "--port", str(port)]


@cache
def make_people(settings: str) -> Pattern:
    """Make what is copied for each server: the accounts, a token and a session each."""
    folder = TemporaryDirectory(prefix="hubbub-people-")
    rest = ExitStack()
    atexit.register(rest.close)
    database = rest.enter_context(new_database())
    env = {"DJANGO_SETTINGS_MODULE": settings, "HUBBUB_DATA": folder.name} | database
    made = subprocess.run(
        [sys.executable, "-m", "tests.api_v1.people"],
        cwd=ROOT,
        env=environment(env),
        check=True,
        stdout=subprocess.PIPE,
        timeout=START_SECONDS,
    )
    people = {name: Person(**person) for name, person in json.loads(made.stdout).items()}
    return Pattern(folder, database.get(URL, ""), people)
