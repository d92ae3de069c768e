"""A real nginx in front of a server: a child process, configured as the documents say.

with in_front_of(server.port) as port:
    ... http://127.0.0.1:{port}/ goes through nginx ...
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import ROOT, answers, free_port

#: Debian has it where only root's PATH looks.
BINARY = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
SECONDS = 30
needs_nginx = pytest.mark.skipif(BINARY is None, reason="nginx is not installed")

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {block}
}}
"""


NAMED = "    server_name example.org;\n"


def documented(upstream, port, locations, location, secure):
    """The block of the documents, for these ports, with more locations, or another for `/`.

    With `secure`, a port and a certificate, it begins as the documents have it for HTTPS.
    """
    text = (ROOT / "docs" / "deploy.md").read_text()
    block, begins = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
    if secure is not None:
        upstreams, _, rest = block.partition("server {\n")
        block = upstreams + begins + rest.partition(NAMED)[2]
        block = block.replace("listen 443 ", f"listen 127.0.0.1:{secure[0]} ")
        block = block.replace("/etc/ssl/certs/example.org.pem", str(secure[1].file))
        block = block.replace("/etc/ssl/private/example.org.key", str(secure[1].key))
    up = f"listen 127.0.0.1:{port};\nlocation = /nginx-is-up {{ return 204; }}\n{locations}"
    block = block.replace("listen 80;", up).replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    if location is None:
        return block
    return re.sub(r"location / \{.*?\}", lambda _: location, block, flags=re.DOTALL)


@contextmanager
def in_front_of(upstream, *, locations="", location=None, secure=None):
    """Run nginx before a server; gives its port. `secure`: one for HTTPS, and a certificate."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="hubbub-nginx-") as name:
        folder = Path(name)
        block = documented(upstream, port, locations, location, secure)
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, block=block))
        log = folder / "error.log"
        command = [BINARY, "-p", name, "-e", str(log), "-c", str(configuration)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + SECONDS
            while not answers(f"http://127.0.0.1:{port}/nginx-is-up"):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, "nginx is not up"
            yield port
        finally:
            process.terminate()
            process.wait(SECONDS)
