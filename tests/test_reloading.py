"""The edit loop: `manage.py runserver` and `hubbub serve --reload` of a project."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from urllib.error import HTTPError

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from hubbub import reloading
from tests.projects import add, migrate, new_project, run
from tests.servers import environment, free_port, opener, start_process

KIND = """
from hubbub import streams

class Step(streams.Event):
    pass

@streams.register
class Orders(streams.Kind):
    kind, path, event = "order", "ws/orders/<name>/", Step

    def show(self, step):
        return {"type": "step"}
"""
VIEW = """
from django.http import HttpResponse
def word(request):
    return HttpResponse("{}")
"""
URLS = "from project.views import word\nurlpatterns += [path('word', word)]\n"
#: Upper bound that holds where everything takes ten times as long.
SECONDS = 60


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = new_project(tmp_path_factory.mktemp("shop"), urls=URLS)
    write(folder, "views", VIEW.format("first"))
    migrate(folder)
    return folder


def runserver(project, *words, port=None, **options):
    """Start `manage.py runserver`, and wait until it answers."""
    port = port or free_port()
    where = words[:1] if ":" in "".join(words[:1]) else (str(port),)
    command = [sys.executable, "manage.py", "runserver", *where, *words[len(where) - 1 :]]
    return start_process(command, port, cwd=project, **options)


def serve_reloading(project):
    port = free_port()
    command = [sys.executable, "-m", "hubbub", "serve", "--reload", "--port", str(port)]
    return start_process(command, port, cwd=project)


@pytest.fixture(scope="module", params=[runserver, serve_reloading])
def server(request, project):
    with request.param(project) as server:
        yield server


def write(project, module, text):
    (project / "project" / f"{module}.py").write_text(text)


def get(server, path):
    with opener.open(f"{server.url}{path}", timeout=SECONDS) as answer:
        return answer.read().decode()


def until(server, word):
    """Ask until the server says a word; while it restarts the question waits.

    One that it took in the very moment in which it ends is cut off, and asked again.
    """
    deadline = time.monotonic() + SECONDS
    said = ""
    while said != word:
        assert time.monotonic() < deadline, server.output()
        with suppress(OSError):
            said = get(server, "/word")


def until_told(server, text, times=1):
    """Wait until the server has printed a text."""
    deadline = time.monotonic() + SECONDS
    while server.output().count(text) < times:
        assert time.monotonic() < deadline, server.output()
        time.sleep(0.05)


def test_a_change_is_served_and_everybody_is_asked_to_come_back(server, project):
    write(project, "views", VIEW.format("before"))
    until(server, "before")
    with connect(f"{server.ws}/ws/chat/general/", open_timeout=SECONDS) as ws:
        write(project, "views", VIEW.format("after"))
        with pytest.raises(ConnectionClosed):
            for _ in ws:
                pass
    assert ws.close_code == 1012
    assert ws.close_reason == "server restarting retry_after_ms=200"
    # Nobody is turned away meanwhile: the socket that listens is the same.
    with connect(f"{server.ws}/ws/chat/general/", open_timeout=SECONDS) as ws:
        ws.send('{"type": "chat_message", "message": "Hello again"}')
        assert "Hello again" in ws.recv(timeout=SECONDS)
    assert get(server, "/word") == "after"


@pytest.mark.parametrize("module", ["views", "settings", "asgi"])
def test_a_mistake_ends_nothing_and_its_correction_is_served(server, project, module):
    path = project / "project" / f"{module}.py"
    right = path.read_text()
    said = server.output().count("SyntaxError")
    path.write_text(f"{right}\nthis is no Python\n")
    until_told(server, "SyntaxError", said + 1)
    path.write_text(right)
    write(project, "views", VIEW.format(f"right {module}"))
    until(server, f"right {module}")
    assert server.process.poll() is None


def test_the_log_says_where_it_is(server):
    assert f" host=127.0.0.1 port={server.port}\n" in server.output()


def test_static_files_are_there(server):
    assert get(server, "/static/admin/css/base.css")


def test_the_api_and_its_pages_are_there(server):
    assert "swagger" in get(server, "/api/docs/")


@pytest.mark.parametrize("start", [runserver, serve_reloading])
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_of_it(project, start, signum):
    with start(project) as server, connect(f"{server.ws}/ws/counter/") as ws:
        server.process.send_signal(signum)
        with pytest.raises(ConnectionClosed):
            for _ in ws:
                pass
        assert ws.close_code == 1012
        assert server.process.wait(SECONDS) == 0
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", server.port))
        assert "Traceback" not in server.output()


def test_without_its_reloader_it_is_one_process(project):
    with runserver(project, "--noreload", "--nothreading") as server:
        with connect(f"{server.ws}/ws/counter/") as ws:
            server.process.send_signal(signal.SIGINT)
            with pytest.raises(ConnectionClosed):
                for _ in ws:
                    pass
            assert ws.close_code == 1012
        assert server.process.wait(SECONDS) == 0


def test_a_kind_whose_migration_was_not_made_is_told_of(project, tmp_path):
    folder = tmp_path / "shop"
    shutil.copytree(project, folder)
    run("manage.py", "startapp", "orders", cwd=folder)
    add(folder, "settings", 'INSTALLED_APPS += ["orders"]\n')
    (folder / "orders" / "models.py").write_text(KIND)
    with runserver(folder, "--noreload") as server:
        said = server.output()
    assert (
        "is not migrated (no such table: orders_step). Run: python manage.py makemigrations" in said
    )


def test_static_files_may_be_left_to_another(project):
    with (
        runserver(project, "--noreload", "--nostatic") as server,
        pytest.raises(HTTPError, match="404"),
    ):
        get(server, "/static/admin/css/base.css")


def test_static_files_without_debug_are_insecure(project):
    write(project, "live", "from project.settings import *\nDEBUG = False\nALLOWED_HOSTS = ['*']\n")
    words = ("--noreload", "--settings", "project.live")
    with runserver(project, *words) as server, pytest.raises(HTTPError, match="404"):
        get(server, "/static/admin/css/base.css")
    with runserver(project, *words, "--insecure") as server:
        assert get(server, "/static/admin/css/base.css")


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6")
@pytest.mark.parametrize("words", [["[::1]:{port}"], ["{port}", "-6"]])
def test_an_address_of_ipv6(project, words):
    port = free_port()
    words = [word.format(port=port) for word in words]
    command = [sys.executable, "manage.py", "runserver", *words, "--noreload"]
    with start_process(command, port, cwd=project, wait_for=None) as server:
        until_told(server, "server_started")
        with connect(f"ws://[::1]:{port}/ws/counter/") as ws:
            assert ws.recv(timeout=SECONDS)


def ended(*words, cwd):
    """What became of a program that does not stay."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_a_port_in_use(project):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = ended("manage.py", "runserver", str(port), cwd=project)
    assert done.returncode == 1
    sentence = f"CommandError: cannot listen on 127.0.0.1 port {port}: Address already in use\n"
    assert done.stderr == sentence


def test_a_host_that_is_none(project):
    done = ended("manage.py", "runserver", "no.such.host.invalid:8000", cwd=project)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: cannot listen on no.such.host.invalid port 8000:")


def test_a_first_start_that_is_wrong_is_the_last(tmp_path):
    project = new_project(tmp_path / "shop")
    words = ("serve", "--reload", "--port", str(free_port()))
    done = ended("-m", "hubbub", *words, cwd=project)
    assert done.returncode == 2
    assert done.stderr.endswith("Run: python manage.py migrate\n")


class Looks(reloading.Reloader):
    """A reloader that looks at one file, and notes what it finds changed."""

    def __init__(self, path, began):
        super().__init__(began)
        self.path = path
        self.found = []

    def watched_files(self, include_globs=True):
        yield self.path

    def notify_file_changed(self, path):
        self.found.append(path)


@pytest.fixture
def look(tmp_path, monkeypatch):
    """Look at a file that was changed so many seconds after the process began."""
    monkeypatch.setattr(reloading, "sleep", lambda seconds: None)
    path = tmp_path / "views.py"
    path.touch()
    began = time.time() - 10
    looks = Looks(path, began)
    ticks = looks.tick()

    def look(seconds):
        os.utime(path, (began + seconds, began + seconds))
        next(ticks)
        return len(looks.found)

    return look


def test_what_was_changed_before_the_first_look_is_noticed(look):
    assert [look(5), look(5), look(6)] == [1, 1, 2]


def test_what_was_there_before_is_not_changed_until_it_is(look):
    assert [look(-5), look(-5), look(-4)] == [0, 0, 1]
    assert look(-9) == 2  # as by a checkout of something older


def test_a_clock_that_goes_wrong_is_no_change(look):
    assert [look(5000), look(5000)] == [0, 0]
