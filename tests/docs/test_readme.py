"""The README's own words, carried out step by step: a new project, its snippets, its commands."""

import json
import re
import shlex
import shutil
import site
import subprocess
import sys
from pathlib import Path
from urllib.request import Request

import pytest
from websockets.sync.client import connect

from tests.servers import environment, free_port, opener, start_process, start_server

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
SETTINGS, ASGI, URLS, SHELL, TESTS = [text for language, text in BLOCKS if language == "python"]
_, CURL, INSTALL, SERVE = [text for language, text in BLOCKS if language == "bash"]
MIGRATE, RUNSERVER, MEMBER = SERVE.splitlines()
#: pip finds here what it would fetch: the dependencies, and what builds the package.
FETCHED = {
    "PYTHONPATH": site.getsitepackages()[0],
    "PIP_NO_INDEX": "1",
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}


def type_in(text, folder, **more):
    """Do what is printed in a shell, where `python3` is this one; what it says."""
    before = environment(FETCHED)
    path = f"{Path(sys.executable).parent}:{before['PATH']}"
    activated = "[ ! -e .venv ] || . .venv/bin/activate\n"
    done = subprocess.run(
        ["bash", "-euc", activated + text],
        cwd=folder,
        env=before | {"PATH": path},
        check=True,
        timeout=180,
        capture_output=True,
        text=True,
        **more,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder beside that of the README, in which each step was done as it is printed."""
    around = tmp_path_factory.mktemp("readme")
    (around / "hubbub").symlink_to(ROOT)
    folder = around / "own"
    folder.mkdir()
    type_in(INSTALL, folder)
    inner = folder / "project"
    for name, text, mode in (
        ("settings", SETTINGS, "a"),
        ("asgi", ASGI, "w"),
        ("urls", URLS, "a"),
        ("tests", TESTS, "w"),
    ):
        with (inner / f"{name}.py").open(mode) as file:
            file.write(text)
    type_in(MIGRATE, folder)
    return folder


def by_runserver(project):
    _, *words = shlex.split(RUNSERVER, comments=True)
    port = free_port()
    return start_process([sys.executable, *words, str(port)], port, cwd=project)


def by_hubbub(project):
    assert "`hubbub serve`" in RUNSERVER
    return start_server(cwd=project)


@pytest.fixture(scope="module", params=[by_runserver, by_hubbub])
def server(request, project):
    with request.param(project) as server:
        yield server


def test_the_screen_is_one():
    assert len(README.splitlines()) < 115


def test_the_site_and_its_commands_have_one_folder():
    (line,) = re.findall(r"`(PORT=\S+ HUBBUB_DATA=\S+ make) run`", README)
    plan = type_in(f"{line} --dry-run run", ROOT)
    assert 'hubbub serve --port 8123 --data "elsewhere"' in plan
    assert 'hubbub serve --port 8123 --data "here"' in type_in(f"DATA=here {line} -n run", ROOT)


def test_what_is_installed_is_the_package(project):
    where = type_in("cd /; python -c 'import hubbub; print(hubbub.__file__)'", project)
    assert where.startswith(str(project / ".venv"))


def test_the_test_of_ones_own_passes(project):
    assert "Ran 1 test in" in type_in("python manage.py test", project)


def test_the_test_of_ones_own_fails_where_it_should(project):
    file = project / "project" / "tests.py"
    file.write_text(TESTS.replace('== "Hello"', '== "Goodbye"'))
    with pytest.raises(subprocess.CalledProcessError):
        type_in("python manage.py test", project)
    file.write_text(TESTS)


def test_the_project_passes_djangos_own_checks(project):
    type_in("python manage.py check --fail-level WARNING", project)
    type_in("python manage.py makemigrations --check --dry-run", project)


def test_the_shell_speaks_to_the_room(server, project):
    with connect(f"{server.ws}/ws/chat/general/") as ws:
        type_in("python manage.py shell", project, input=SHELL)
        frame = json.loads(ws.recv(timeout=10))
        assert (frame["message"], frame["username"]) == ("Hello", "System")


def test_a_member_at_a_terminal_hears_it(server):
    program, address = shlex.split(MEMBER, comments=True)
    assert program == ".venv/bin/websockets"
    words = [sys.executable, "-m", "websockets", address.replace("8000", str(server.port))]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment({})
    ) as member:
        member.stdin.write('{"type": "chat_message", "message": "Typed"}\n')
        member.stdin.flush()
        assert any('"message":"Typed"' in line for line in member.stdout)
        member.communicate(timeout=30)


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
    opener.open(f"{server.url}/static/ninja/swagger-ui.css").close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_curl_line_as_it_is_printed():
    curl = CURL.partition("\n\n")[0]
    with start_server() as server, connect(f"{server.ws}/ws/notifications/") as ws:
        assert json.loads(ws.recv(timeout=5))["type"] == "connection_status"
        words = shlex.split(
            curl.replace("\\\n", " ").replace("localhost:8000", f"127.0.0.1:{server.port}")
        )
        done = subprocess.run([*words, "-s"], capture_output=True, check=True, timeout=30)
        assert json.loads(done.stdout)["message"] == "Notification sent"
        assert json.loads(ws.recv(timeout=5))["title"] == "Test"
