"""`examples/project`, served for real: its own socket and Hubbub's side by side."""

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request

import pytest
from websockets.sync.client import connect

from tests.servers import environment, free_port, opener, start_process, start_server

EXAMPLE = Path(__file__).parents[2] / "examples" / "project"
SETTINGS = {"DJANGO_SETTINGS_MODULE": "project.settings"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy with a migrated database."""
    folder = tmp_path_factory.mktemp("example") / "project"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3*"))
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=folder,
        env=environment({}),
        check=True,
        timeout=60,
    )
    return folder


@contextmanager
def by_hubbub(project):
    with start_server(cwd=project, env=SETTINGS) as server:
        yield server


@contextmanager
def by_uvicorn(project):
    port = free_port()
    words = ["uvicorn", "--ws", "hubbub.server.protocol:WebSocket", "--port", str(port)]
    command = [sys.executable, "-m", *words, "project.asgi:application"]
    with start_process(command, port, cwd=project, env=SETTINGS) as server:
        yield server


@contextmanager
def by_daphne(project):
    port = free_port()
    command = [sys.executable, "-m", "daphne", "-p", str(port), "project.asgi:application"]
    with start_process(command, port, cwd=project, env=SETTINGS) as server:
        yield server


@pytest.fixture(scope="module", params=[by_hubbub, by_uvicorn, by_daphne])
def server(request, project):
    with request.param(project) as server:
        yield server


def test_one_view_speaks_to_both_sockets(server):
    with (
        connect(f"{server.ws}/ws/orders/") as orders,
        connect(f"{server.ws}/ws/chat/shop/") as shop,
    ):
        orders.send('{"ready": true}')
        assert json.loads(orders.recv(timeout=5))["content"] == {"ready": True}
        with opener.open(Request(f"{server.url}/orders/7/ship/", b"")) as answer:
            assert json.load(answer) == {"shipped": 7}
        assert json.loads(orders.recv(timeout=5)) == {"type": "order_shipped", "number": 7}
        said = json.loads(shop.recv(timeout=5))
        assert (said["message"], said["username"]) == ("Order #7 is on its way", "Shop")


def test_hubbubs_api_is_there(server):
    with opener.open(f"{server.url}/readyz") as answer:
        assert json.load(answer) == {"status": "ok"}


def test_the_example_is_in_order(project):
    for words in (["check"], ["makemigrations", "--check", "--dry-run"]):
        subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=project,
            env=environment({}),
            check=True,
            timeout=60,
        )
