"""A real pgbouncer in its transaction mode, before a PostgreSQL: a child process.

with before(url) as pooled:
    ... the same database, through the pooler ...
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.journal.postgresql import name_of
from tests.servers import free_port

#: Debian has it where only root's PATH looks.
BINARY = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
SECONDS = 30
needs_pgbouncer = pytest.mark.skipif(BINARY is None, reason="pgbouncer is not installed")

#: Few server connections, so that clients really share them.
CONFIGURATION = """
[databases]
* = host={host} port={server_port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
logfile = {folder}/log
pidfile = {folder}/pid
ignore_startup_parameters = extra_float_digits
"""


@contextmanager
def before(url):
    """The address of the same database through the pooler."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    with tempfile.TemporaryDirectory(prefix="hubbub-pgbouncer-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o777)  # who is root may not run it
        host = parts.hostname or query["host"][0]
        user = ["-u", owner(host)] if os.geteuid() == 0 else []
        (folder / "ini").write_text(
            CONFIGURATION.format(
                folder=folder,
                port=port,
                host=host,
                server_port=parts.port or query.get("port", ["5432"])[0],
                user=parts.username,
            )
        )
        process = subprocess.Popen([BINARY, "-q", *user, str(folder / "ini")])
        pooled = f"postgres://{parts.username}@127.0.0.1:{port}/{name_of(url)}"
        try:
            wait_until_up(process, pooled, folder / "log")
            yield pooled
        finally:
            process.terminate()
            process.wait(SECONDS)


def owner(host):
    """Who may reach a PostgreSQL: whoever has its socket, where it has one."""
    sockets = list(Path(host).glob(".s.PGSQL.*")) if host.startswith("/") else []
    return sockets[0].owner() if sockets else "nobody"


def wait_until_up(process, pooled, log):
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            psycopg.connect(pooled).close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return
