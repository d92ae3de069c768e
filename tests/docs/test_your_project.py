"""`docs/your-project.md`, carried out: its snippets and commands in a new project."""

import re
import shlex
import subprocess
import sys
from urllib.error import HTTPError

import pytest
from websockets.sync.client import connect

from tests.projects import add, migrate, new_project
from tests.servers import ROOT, environment, free_port, opener, start_process

PAGE = (ROOT / "docs" / "your-project.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE.partition("## Databases")[0], re.DOTALL)
[LOGGING] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "logs.md").read_text(), re.DOTALL)
STATIC, PREFIX = [text for language, text in BLOCKS if language == "python"]
START, RELOAD, SERVE, COLLECT = [text.strip() for language, text in BLOCKS if language == "bash"]


def words_of(line, port=None):
    """A printed command, with this Python and a free port."""
    words = shlex.split(line)
    words[:1] = [sys.executable] if words[0] == "python" else [sys.executable, "-m", words[0]]
    if port is None:
        return words
    words = words[:-2] if words[-2] == "--port" else words
    return [*words, *([str(port)] if "runserver" in words else ["--port", str(port)])]


def start(project, line):
    port = free_port()
    return start_process(words_of(line, port), port, cwd=project)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = new_project(tmp_path_factory.mktemp("shop"))
    migrate(folder)
    return folder


def get(url):
    with opener.open(url, timeout=30) as answer:
        return answer.read()


@pytest.mark.parametrize("line", [START, RELOAD, SERVE])
def test_each_way_to_start_has_sockets_and_static_files(project, line):
    with start(project, line) as server:
        assert get(f"{server.url}/static/admin/css/base.css")
        with connect(f"{server.ws}/ws/counter/") as ws:
            assert ws.recv(timeout=30)


def test_static_files_without_debug_are_those_that_were_collected(project):
    add(
        project, "settings", f"DEBUG = False\nALLOWED_HOSTS = ['127.0.0.1', 'localhost']\n{LOGGING}"
    )
    with start(project, SERVE) as server:
        assert "(hubbub.W012)" in server.output()
        with pytest.raises(HTTPError, match="404"):
            get(f"{server.url}/static/admin/css/base.css")
        assert "\nNot Found: /static/admin/css/base.css\n" in server.output()
    add(project, "settings", STATIC)
    words = words_of(COLLECT)
    subprocess.run(words, cwd=project, env=environment({}), check=True, timeout=60)
    with start(project, SERVE) as server:
        assert "(hubbub.W012)" not in server.output()
        assert get(f"{server.url}/static/admin/css/base.css")
        assert get(f"{server.url}/static/ninja/swagger-ui-bundle.js")


def test_the_time_of_the_edit_loop_is_what_was_measured():
    [shown] = re.findall(r"#the-edit-loop\) ([\d.]+) seconds", PAGE)
    measured = (ROOT / "benchmarks" / "README.md").read_text().partition("## The edit loop")[2]
    rows = [
        line.split("|") for line in measured.splitlines() if line.startswith(("| manage", "| hub"))
    ]
    assert [f"{float(row[4].split(',')[0]):.1f}" for row in rows] == [shown] * 2


@pytest.mark.parametrize("prefix", ["/app", ""], ids=["kept", "taken away"])
def test_all_of_it_lies_under_a_path(tmp_path, prefix):
    folder = new_project(tmp_path / "shop", PREFIX)
    migrate(folder)
    for line in (START, SERVE):
        with start(folder, line) as server:
            assert b"/app/static/ninja" in get(f"{server.url}{prefix}/api/docs/")
            assert get(f"{server.url}{prefix}/static/admin/css/base.css")
            with connect(f"{server.ws}{prefix}/ws/counter/") as ws:
                assert ws.recv(timeout=30)


@pytest.mark.parametrize("prefix", ["/app", ""], ids=["kept", "taken away"])
def test_so_it_does_under_a_server_that_is_told_nothing_of_it(tmp_path, prefix):
    folder = new_project(tmp_path / "shop", PREFIX)
    migrate(folder)
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--port", str(port), "project.asgi:application"]
    with start_process(command, port, cwd=folder) as server:
        assert get(f"{server.url}{prefix}/api/openapi.json")
        with connect(f"{server.ws}{prefix}/ws/counter/") as ws:
            assert ws.recv(timeout=30)


@pytest.mark.parametrize("path", re.findall(r"\]\(([\w./-]+)[)#]", PAGE))
def test_a_link_leads_somewhere(path):
    assert (ROOT / "docs" / path).exists()
