"""A server that is killed and started again, on the same port and the same data."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.databases import new_database
from tests.servers import environment, free_port, start_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import RunningServer

HUBBUB = (sys.executable, "-m", "hubbub", "serve")


class Site:
    """The server of one data folder; there may be none at the moment."""

    def __init__(self, data: Path, variables: dict[str, str]) -> None:
        self.data = data
        self.port = free_port()
        self.env = {"HUBBUB_DATA": str(data), "HUBBUB_RATE_LIMIT": "off", **variables}
        self.running: RunningServer | None = None
        self.output = ""

    @property
    def pid(self) -> int:
        assert self.running is not None
        return self.running.process.pid

    def url(self, path: str) -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    def start(self, *command: str) -> None:
        """Start the server, and wait until it is up."""
        words = [*(command or HUBBUB), "--port", str(self.port)]
        self.running = start_process(words, self.port, env=self.env)

    def migrate(self) -> None:
        """Make the tables of a project."""
        words = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
        subprocess.run(words, env=environment(self.env), check=True, timeout=60)

    def kill(self) -> None:
        """End it at once (SIGKILL); it can do nothing about it."""
        running, self.running = self.running, None
        if running is not None:
            with running:
                running.process.kill()
                running.process.wait()
                self.output += running.output()

    async def again(self, pause: float = 0.0) -> None:
        """Kill the server and start it again, while clients go on trying."""
        await asyncio.to_thread(self.kill)
        await asyncio.sleep(pause)
        await asyncio.to_thread(self.start)


@contextmanager
def site(data: Path, **variables: str) -> Iterator[Site]:
    """A running server with a data folder, and a database as `tests.databases` makes it."""
    with new_database() as database:
        site = Site(data, database | variables)
        try:
            if "DJANGO_SETTINGS_MODULE" in variables:
                site.migrate()
            site.start()
            yield site
        finally:
            site.kill()
