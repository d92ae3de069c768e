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
def by_runserver(project):
    port = free_port()
    command = [sys.executable, "manage.py", "runserver", str(port)]
    with start_process(command, port, cwd=project) as server:
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


@pytest.fixture(scope="module", params=[by_hubbub, by_runserver, by_uvicorn, by_daphne])
def server(request, project):
    with request.param(project) as server:
        yield server


def manage(project, *words):
    """What a command of the project prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=project,
        env=environment({}),
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    return done.stdout.decode()


@pytest.fixture(scope="module")
def ordered(project):
    """The number of an order of Ada's, and the JWT that her phone has."""
    number, token = manage(project, "order", "ada@example.org").split()
    return int(number), token


@pytest.fixture(scope="module")
def order(ordered):
    return ordered[0]


@pytest.fixture(scope="module")
def token(ordered):
    return ordered[1]


def test_one_view_speaks_to_all_sockets(server, order, token):
    with (
        connect(f"{server.ws}/ws/orders/") as orders,
        connect(f"{server.ws}/ws/orders/{order}/?token={token}") as steps,
        connect(f"{server.ws}/ws/chat/shop/") as shop,
        connect(
            f"{server.ws}/ws/notifications/",
            additional_headers={"Authorization": f"Bearer {token}"},
        ) as ada,
    ):
        orders.send('{"ready": true}')
        assert json.loads(orders.recv(timeout=5))["content"] == {"ready": True}
        assert json.loads(ada.recv(timeout=5))["type"] == "connection_status"
        with opener.open(Request(f"{server.url}/orders/{order}/ship/", b"")) as answer:
            assert json.load(answer) == {"shipped": order}
        assert json.loads(orders.recv(timeout=5)) == {"type": "order_shipped", "number": order}
        assert json.loads(steps.recv(timeout=5))["status"] == "shipped"
        said = json.loads(shop.recv(timeout=5))
        assert (said["message"], said["data"]) == ("An order is on its way", {"icon": "lorry"})
        told = json.loads(ada.recv(timeout=5))
        assert (told["title"], told["data"]) == ("On its way", {"order": order})


def test_an_address_is_shown_to_nobody(server, token):
    with (
        connect(f"{server.ws}/ws/chat/shop/") as guest,
        connect(f"{server.ws}/ws/chat/shop/?token={token}") as ada,
    ):
        ada.send('{"type": "chat_message", "message": "Hello"}')
        joined, said = (json.loads(guest.recv(timeout=5)) for _ in range(2))
        assert (joined["username"], said["username"], said["message"]) == ("Ada", "Ada", "Hello")


def test_hubbubs_api_is_there(server):
    with opener.open(f"{server.url}/readyz") as answer:
        assert json.load(answer) == {"status": "ok"}


def test_its_own_tests_pass_under_both_runners(project):
    manage(project, "test")
    words = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider"]
    subprocess.run(words, cwd=project, env=environment({}), check=True, timeout=120)


def test_the_example_is_in_order(project):
    manage(project, "check", "--fail-level", "WARNING")
    manage(project, "makemigrations", "--check", "--dry-run")
