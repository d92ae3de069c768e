"""`hubbub serve` in the folder of a Django project, as a person starts it who has just made one."""

import json
import shutil
import subprocess
import sys

import pytest
from websockets.sync.client import connect

from hubbub import __version__
from tests.projects import add, migrate, new_project, run
from tests.servers import environment, opener, start_server

#: A project has no folder for the site's own files.
UNSET = {"HUBBUB_DATA": ""}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return new_project(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def migrated(project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("migrated") / "shop"
    shutil.copytree(project, folder)
    migrate(folder)
    return folder


@pytest.fixture(scope="module")
def server(migrated):
    with start_server(cwd=migrated, env=UNSET) as server:
        yield server


def refused(*words, cwd):
    """The sentence with which a command is refused."""
    done = subprocess.run(
        [sys.executable, "-m", "hubbub", *words],
        cwd=cwd,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def get(url):
    with opener.open(url, timeout=10) as answer:
        return answer.status, answer.headers["Content-Type"], answer.read()


def test_one_that_is_not_migrated_is_told_the_command(project):
    sentence = refused("serve", "--port", "0", cwd=project)
    assert sentence.startswith("hubbub: the database of project.settings is not migrated (")
    assert sentence.endswith("). Run: python manage.py migrate\n")


KIND = """
from django.db import models
from hubbub import streams

class Note(models.Model):
    text = models.TextField(null=True)

class Step(streams.Event):
    status = models.CharField(max_length=20)

@streams.register
class Orders(streams.Kind):
    kind, path, event = "order", "ws/orders/<name>/", Step

    def show(self, step):
        return {"type": "step", "status": step.status}
"""


def test_one_whose_own_kind_has_no_table_is_told_the_command_too(migrated, tmp_path):
    folder = tmp_path / "shop"
    shutil.copytree(migrated, folder)
    run("manage.py", "startapp", "orders", cwd=folder)
    add(folder, "settings", 'INSTALLED_APPS += ["orders"]\n')
    (folder / "orders" / "models.py").write_text(KIND)
    way_out = "Run: python manage.py makemigrations orders && python manage.py migrate\n"
    sentence = refused("serve", "--port", "0", cwd=folder)
    assert "is not migrated (no such table: orders_step)" in sentence
    assert sentence.endswith(way_out)
    run("manage.py", "makemigrations", "orders", cwd=folder)
    sentence = refused("serve", "--port", "0", cwd=folder)
    assert sentence.endswith("is not migrated (orders). Run: python manage.py migrate\n")
    run("manage.py", "migrate", cwd=folder)
    more = KIND.replace("max_length=20)", "max_length=20)\n    by = models.TextField(default='')")
    (folder / "orders" / "models.py").write_text(more)
    sentence = refused("serve", "--port", "0", cwd=folder)
    assert "is not migrated (no such column: orders_step.by)" in sentence
    assert sentence.endswith(way_out)
    (folder / "orders" / "models.py").write_text(KIND.replace("TextField", "CharField"))
    run("manage.py", "makemigrations", "orders", cwd=folder)
    with start_server(cwd=folder) as server:
        assert (
            "hubbub: the database of project.settings is not migrated (orders)" in server.output()
        )
        assert f"  order          {server.ws.replace('127.0.0.1', 'localhost')}" in server.output()


def test_the_project_is_found_and_nothing_of_the_site_is_made(server, migrated):
    assert not (migrated / "var").exists()
    assert not server.data.exists()


def test_it_says_what_it_serves(server, migrated):
    told = server.output().splitlines()
    lines = [line for line in told if not line.startswith("hubbub: ")]
    assert lines[0] == f"Hubbub {__version__} on http://localhost:{server.port}/"
    assert lines[5] == (
        f"  served         project.settings, project.asgi.application, SQLite {migrated}/db.sqlite3"
    )


def test_its_sockets_are_there(server):
    with connect(f"{server.ws}/ws/chat/general/") as ws:
        ws.send('{"type": "chat_message", "message": "Hello"}')
        assert json.loads(ws.recv(timeout=5))["message"] == "Hello"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/static/admin/css/base.css", "text/css"),
        ("/static/ninja/swagger-ui-bundle.js", "text/javascript"),
    ],
)
def test_its_static_files_are_there_while_debug_is_on(server, path, kind):
    status, found, body = get(f"{server.url}{path}")
    assert (status, found.partition(";")[0]) == (200, kind)
    assert body


def test_the_page_of_the_api_asks_for_files_that_are_there(server):
    page = get(f"{server.url}/api/docs/")[2].decode()
    files = [part.split('"')[0] for part in page.split('"/static/')[1:]]
    assert files
    for file in files:
        assert get(f"{server.url}/static/{file}")[0] == 200


def test_the_demo_is_there_for_who_asks_for_it(migrated):
    with start_server("--demo", cwd=migrated) as server:
        assert "  served         the stand-alone site, hubbub.asgi.application" in server.output()
        assert server.data.exists()


def test_a_manage_file_that_does_not_say_its_settings(tmp_path):
    (tmp_path / "manage.py").write_text("environ.setdefault('DJANGO_SETTINGS_MODULE', stage())")
    sentence = refused("serve", "--port", "0", cwd=tmp_path)
    assert sentence.startswith(
        "hubbub: which settings manage.py chooses shows only when it runs. Name"
    )
    both = [f"environ['DJANGO_SETTINGS_MODULE'] = 'shop.{name}'" for name in ("b", "a")]
    (tmp_path / "manage.py").write_text("\n".join(both))
    sentence = refused("serve", "--port", "0", cwd=tmp_path)
    assert sentence.startswith("hubbub: manage.py chooses shop.a or shop.b. Name")
    (tmp_path / "manage.py").write_text("'DJANGO_SETTINGS_MODULE' = 'x'")
    assert refused("prune", cwd=tmp_path).startswith("hubbub: manage.py cannot be read: ")
    assert not (tmp_path / "var").exists()


def test_every_command_finds_the_project(migrated):
    sentence = refused("token", "create", "nobody", cwd=migrated)
    assert "python manage.py createsuperuser --username nobody" in sentence
    done = subprocess.run(
        [sys.executable, "-m", "hubbub", "manage", "diffsettings"],
        cwd=migrated,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "ROOT_URLCONF = 'project.urls'" in done.stdout
    assert not (migrated / "var").exists()


def test_the_settings_that_are_named_win(migrated):
    (migrated / "project" / "other.py").write_text(
        "from project.settings import *\n"
        'DATABASES["default"]["NAME"] = BASE_DIR / "other.sqlite3"\n'
    )
    sentence = refused("serve", "--port", "0", "--settings", "project.other", cwd=migrated)
    assert sentence.startswith("hubbub: the database of project.other is not migrated (")
    assert sentence.endswith("Run: python manage.py migrate --settings project.other\n")


def test_tables_of_others_may_be_missing(tmp_path):
    project = new_project(tmp_path / "shop")
    migrate(project)
    add(project, "settings", 'INSTALLED_APPS += ["django.contrib.sites"]\nSITE_ID = 1\n')
    with start_server(cwd=project) as server:
        assert "is not migrated (sites). Run: python manage.py migrate" in server.output()


def test_a_list_that_knows_nobody_stops_the_start(migrated):
    wrong = "HUBBUB_AUTHENTICATION = ['tokens']"
    (migrated / "project" / "wrong.py").write_text(f"from project.settings import *\n{wrong}\n")
    words = ("serve", "--port", "0", "--settings", "project.wrong")
    sentence = refused(*words, cwd=migrated)
    assert sentence.startswith("hubbub: HUBBUB_AUTHENTICATION: 'tokens' is none of token, jwt, ")


def test_a_policy_that_cannot_be_used_stops_the_start(migrated):
    wrong = "HUBBUB_CHAT_POLICY = 'project.policies.None'"
    (migrated / "project" / "nopolicy.py").write_text(f"from project.settings import *\n{wrong}\n")
    words = ("serve", "--port", "0", "--settings", "project.nopolicy")
    sentence = refused(*words, cwd=migrated)
    assert sentence.startswith("hubbub: HUBBUB_CHAT_POLICY: project.policies.None: ")


STARTPROJECTS = """
from django.core.asgi import get_asgi_application
application = get_asgi_application()
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A project without DEBUG, whose asgi.py is as `startproject` made it."""
    project = new_project(tmp_path_factory.mktemp("shop"))
    (project / "project" / "asgi.py").write_text(STARTPROJECTS)
    add(project, "settings", "DEBUG = False\nALLOWED_HOSTS = ['localhost', '127.0.0.1']\n")
    migrate(project)
    return project


def test_it_is_told_once_what_will_not_work(bare):
    with start_server(cwd=bare, env={"HUBBUB_HTTPS": "true"}) as server:
        opener.open(f"{server.url}/api/docs/").close()
        output = server.output()
    assert output.count("leads to none of the sockets") == output.count("(hubbub.W011)") == 1
    assert output.count("WhiteNoise") == output.count("(hubbub.W012)") == 1
    assert output.count("HUBBUB_HTTPS") == output.count("(hubbub.W013)") == 1


def test_what_was_silenced_is_not_told(bare, tmp_path):
    silenced = shutil.copytree(bare, tmp_path / "shop")
    add(silenced, "settings", "SILENCED_SYSTEM_CHECKS = ['hubbub.W011', 'hubbub.W012']\n")
    with start_server(cwd=silenced, env=UNSET) as server:
        assert "hubbub.W01" not in server.output()


def test_nothing_is_told_of_a_project_that_is_in_order(server):
    assert "hubbub.W01" not in server.output()
