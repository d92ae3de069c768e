"""`docs/trouble.md` row by row, and a server of this very process on which trouble is made.

A test makes the trouble, and `see(what came, "what the page calls it")`.
"""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager
from typing import NamedTuple

import pytest
from django.db import connection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from hubbub.asgi import application
from tests.server.serving import serving
from tests.servers import ROOT

SOURCE = ROOT / "src" / "hubbub"
PAGE = (ROOT / "docs" / "trouble.md").read_text()
SECONDS = 20


class Row(NamedTuple):
    """One line of a table: what is seen, why, and the way out."""

    seen: str
    why: str
    way_out: str


ROWS = [
    Row(*cells)
    for cells in re.findall(r"^\| (.+) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    if cells[0] not in ("you see", "---")
]
SYMPTOMS = [symptom for row in ROWS for symptom in re.findall("`([^`]+)`", row.seen)]


def see(seen: object, *symptoms: str) -> None:
    """All of it is in what came, and in the first column of one row of the page."""
    for symptom in symptoms:
        assert symptom in str(seen)
    assert [row for row in ROWS if all(f"`{one}`" in row.seen for one in symptoms)], symptoms


class Site:
    """A server, and clients of it."""

    def __init__(self, server, caplog):
        self.server = server
        self.caplog = caplog
        self.url = f"http://127.0.0.1:{server.port}"

    def hear(self, path="/ws/chat/general/", **options):
        """Open a socket."""
        address = f"ws://127.0.0.1:{self.server.port}{path}"
        return connect(address, proxy=None, open_timeout=SECONDS, **options)

    def refused(self, path="/ws/chat/general/", **options):
        """How a handshake is answered, in one text."""
        with pytest.raises(InvalidStatus) as caught:
            self.hear(path, **options)
        answer = caught.value.response
        lines = [f"{name}: {value}" for name, value in answer.headers.items()]
        return "\n".join([str(caught.value), *lines, bytes(answer.body).decode()])

    def closed(self, path="/ws/chat/general/", **options):
        """With what code and reason a socket is closed."""
        with self.hear(path, **options) as socket:
            return goodbye(socket)

    def log(self, part):
        """What is logged, once a part of it is there."""
        deadline = time.monotonic() + SECONDS
        while part not in self.caplog.text:
            assert time.monotonic() < deadline, self.caplog.text
            time.sleep(0.01)
        return self.caplog.text


def goodbye(socket):
    """The code and the reason with which a socket is closed, whatever comes before."""
    try:
        while True:
            socket.recv(timeout=SECONDS)
    except ConnectionClosed as error:
        close = error.rcvd
    return f"{close.code} {close.reason}" if close else "1006"


def frames(socket, kind):
    """The frames of a socket up to the first of a kind."""
    found = [json.loads(socket.recv(timeout=SECONDS))]
    while found[-1]["type"] != kind:
        found.append(json.loads(socket.recv(timeout=SECONDS)))
    return found


def say(socket, text, **more):
    """Say something in a room."""
    socket.send(json.dumps({"type": "chat_message", "message": text, **more}))


@contextmanager
def site_of(app, caplog, **options):
    """Serve an application, with what it logs at hand."""
    caplog.set_level("INFO", "hubbub")
    with serving(app, **options) as server:
        yield Site(server, caplog)


@contextmanager
def our_site(caplog, **options):
    """Serve our own application."""
    with site_of(application, caplog, **options) as site:
        yield site


@contextmanager
def without(table):
    """A database that lacks a table for a while, as one does that nobody has migrated."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
