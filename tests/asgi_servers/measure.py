"""All that is asked of one kind of server: by name of the row in docs/servers.md."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.api_v1.serving import SITE, make_people
from tests.asgi_servers import commands, probes, several
from tests.servers import free_port, start_process

#: What is asked of a server all at once.
ROWS = {
    "chat, acks, what was missed": probes.chat,
    "many messages at once: all of them, in order": probes.burst,
    "`hubbub.v1`": probes.subprotocol,
    "`/ws/`: many streams by one socket": probes.many,
    "binary frames": probes.binary,
    "a frame sent together with the handshake": probes.early,
    "a client that sends pings is answered": probes.pong,
    "a client is asked whether it is there": probes.pings,
    "a member that does not read": probes.slow,
    "a message over 64 KiB": probes.too_long,
    "a bad token, too many messages": probes.closes,
    "static files of the site": probes.static,
    "frames go straight to the transport": probes.fast_path,
}
REFUSED, STOPPED, LIFESPAN = "a refused handshake", "SIGTERM", "lifespan"
UNIX, WORKERS = "Unix socket", "several processes"
ALL = (*ROWS, REFUSED, STOPPED, LIFESPAN, UNIX, WORKERS)
#: These run in one process.
ALONE = ("hubbub", "daphne")


@cache
def measured(kind: str) -> dict[str, object]:
    """The cells of a server's column; an exception where a probe found something else."""
    with TemporaryDirectory(prefix="hubbub-kinds-") as name:
        try:
            return on_port(kind, Path(name)) | on_socket(kind, Path(name))
        except Exception as error:  # noqa: BLE001 - what fails to start is started once
            return dict.fromkeys(ALL, error)


def on_port(kind, folder):
    """What a server on a port does."""
    port, notes = free_port(), folder / "notes"
    with started(commands.on_port(kind, port), port, folder) as server:
        found = asyncio.run(asked(kind, server))
    told = notes.read_text().split() if notes.exists() else []
    whole = told == ["lifespan.startup", "lifespan.shutdown"]
    return found | {LIFESPAN: probes.word(holds=whole)}


async def asked(kind, server):
    """What it is asked at once, then what needs it for itself."""
    asking = [silent() if skips(kind, ask) else ask(server) for ask in ROWS.values()]
    found = await asyncio.gather(*asking, return_exceptions=True)
    rest = [await outcome(probes.refusals(server)), await outcome(probes.stop(server))]
    return dict(zip((*ROWS, REFUSED, STOPPED), (*found, *rest), strict=True))


def skips(kind, ask):
    """Whether a server never asks its clients, which no wait could show: no option tells it to."""
    if kind != "granian" or ask is not probes.pings:
        return False
    from granian.cli import cli

    return not any("ping" in str(option.name) for option in cli.params)


async def silent():
    """What is said of a server that cannot."""
    return "no"


async def outcome(asking):
    """What a probe found, or its exception."""
    (found,) = await asyncio.gather(asking, return_exceptions=True)
    return found


def on_socket(kind, folder):
    """What a server on a Unix socket does."""
    path = folder / "socket"
    command = commands.on_socket(kind, path)
    with started(command, 0, folder, HUBBUB_MAX_CONNECTIONS="off"):
        found = {UNIX: asyncio.run(outcome(several.unix_socket(path)))}
        if kind in ALONE:
            return found | {WORKERS: "no"}
        return found | {WORKERS: asyncio.run(outcome(several.workers(path)))}


@contextmanager
def started(command, port, folder, **variables):
    """A server of the site, by a command line; `port` is 0 where it has none."""
    data = folder / f"data-{port}"
    shutil.copytree(make_people(SITE).folder.name, data)
    env = {
        "DJANGO_SETTINGS_MODULE": "tests.asgi_servers.settings",
        "HUBBUB_DATA": str(data),
        "HUBBUB_RATE_LIMIT": "off",
        "HUBBUB_MAX_CONNECTIONS": str(probes.SEATS),
        "HUBBUB_PING_INTERVAL": "1",
        "NOTES": str(folder / "notes"),
    } | variables
    wait_for = "/healthz" if port else None
    with start_process(command, port, env=env, wait_for=wait_for) as server:
        yield server
