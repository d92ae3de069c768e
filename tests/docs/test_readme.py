"""The README's own words, carried out: a new project, its snippets, its commands."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import Request

import pytest
from websockets.sync.client import connect

from tests.servers import environment, opener, start_server

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
PYTHON = [text for language, text in BLOCKS if language == "python"]
BASH = [text for language, text in BLOCKS if language == "bash"]
SHOUT = """
from django.http import HttpResponse

def shout(request):
    exec(compile({snippet!r}, "README", "exec"), {{}})
    return HttpResponse("done")
"""


def run(*words, cwd):
    subprocess.run([sys.executable, *words], cwd=cwd, env=environment({}), check=True, timeout=60)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project as Django makes it, with what the README says."""
    folder = tmp_path_factory.mktemp("project")
    run("-m", "django", "startproject", "project", ".", cwd=folder)
    settings, asgi, urls, snippet = PYTHON
    with (folder / "project" / "settings.py").open("a") as file:
        file.write(settings)
    (folder / "project" / "asgi.py").write_text(asgi)
    (folder / "project" / "shout.py").write_text(SHOUT.format(snippet=snippet))
    with (folder / "project" / "urls.py").open("a") as file:
        file.write(urls)
        file.write("from project.shout import shout\nurlpatterns += [path('shout', shout)]\n")
    run("manage.py", "migrate", "--verbosity", "0", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def server(project):
    with start_server(cwd=project) as server:
        yield server


def test_the_screen_is_one(project):
    assert len(README.splitlines()) < 100


def test_the_project_passes_djangos_own_checks(project):
    run("manage.py", "check", "--fail-level", "WARNING", cwd=project)
    run("manage.py", "makemigrations", "--check", "--dry-run", cwd=project)


def test_its_view_speaks_to_a_room(server):
    with connect(f"{server.ws}/ws/chat/general/") as ws:
        opener.open(f"{server.url}/shout").close()
        frame = json.loads(ws.recv(timeout=5))
        assert (frame["message"], frame["username"]) == ("Hello", "System")


def test_its_api_is_there_and_lets_only_staff_send(server):
    request = Request(
        f"{server.url}/api/notifications/send/",
        b'{"title": "a", "message": "b"}',
        {"Content-Type": "application/json"},
    )
    with pytest.raises(OSError, match="401"):
        opener.open(request)


def test_its_docs_are_there(server):
    with opener.open(f"{server.url}/api/docs/") as page:
        assert b"swagger" in page.read()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_curl_line_as_it_is_printed():
    curl = BASH[1].partition("\n\n")[0]
    with start_server() as server, connect(f"{server.ws}/ws/notifications/") as ws:
        assert json.loads(ws.recv(timeout=5))["type"] == "connection_status"
        words = shlex.split(
            curl.replace("\\\n", " ").replace("localhost:8000", f"127.0.0.1:{server.port}")
        )
        done = subprocess.run([*words, "-s"], capture_output=True, check=True, timeout=30)
        assert json.loads(done.stdout)["message"] == "Notification sent"
        assert json.loads(ws.recv(timeout=5))["title"] == "Test"
