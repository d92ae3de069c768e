"""How each ASGI server is started: as docs/servers.md has it, and on a Unix socket."""

from __future__ import annotations

import sys

from tests.asgi_servers.page import COMMANDS

APPLICATION = "tests.asgi_servers.site:application"
WORKERS = "tests.asgi_servers.workers"
#: What lets a server ask its clients once a second, and not wait for them as long when it stops.
BRISK = {
    "classes": "--ws-ping-interval 1",
    "uvicorn": "--ws-ping-interval 1",
    "daphne": "--ping-interval 1",
    "hypercorn": "--websocket-ping-interval 1 --graceful-timeout 1",
}
#: In several processes where it can.
ON_SOCKET = {
    "hubbub": "hubbub serve --uds {path}",
    "classes": f"gunicorn --bind unix:{{path}} -w 2 -k {WORKERS}.Worker {APPLICATION}",
    "uvicorn": f"uvicorn --uds {{path}} --workers 2 {APPLICATION}",
    "gunicorn": f"gunicorn --bind unix:{{path}} -w 2 -k {WORKERS}.Plain {APPLICATION}",
    "daphne": f"daphne -u {{path}} {APPLICATION}",
    "hypercorn": f"hypercorn --bind unix:{{path}} --workers 2 {APPLICATION}",
    "granian": f"granian --interface asgi --uds {{path}} --workers 2 {APPLICATION}",
}


def on_port(kind: str, port: int) -> list[str]:
    """What listens on a port, in one process."""
    command = f"{COMMANDS[kind]} {BRISK.get(kind, '')}"
    command = command.replace("project.asgi:application", APPLICATION).replace("8000", str(port))
    command = command.replace("uvicorn_worker.UvicornWorker", f"{WORKERS}.Plain")
    return [sys.executable, "-m", *command.split()]


def on_socket(kind: str, path: object) -> list[str]:
    """What listens on a Unix socket."""
    return [sys.executable, "-m", *ON_SOCKET[kind].format(path=path).split()]
