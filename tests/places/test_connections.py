"""Whatever Django lets a project say of its connections, schemas and keys."""

import psycopg
import pytest

from tests.http.calls import call
from tests.journal import postgresql
from tests.places.projects import Project, hear, post, said

ON_POSTGRESQL = """
import dj_database_url
DATABASES["default"] = dict(dj_database_url.parse({url!r}))
DATABASES["default"] |= {more}
"""


def works(project):
    """What the server stores, and another process, is heard, on many connections at once."""
    project.manage("migrate")
    with project.serve() as server:
        assert call(f"{server.url}/readyz").status == 200
        with hear(server, "/ws/chat/den/") as socket, hear(server, "/ws/chat/den/?history=5"):
            assert said(socket)["message"] == "A user joined the room"
            for number in range(20):
                post(server, "den", f"{number}")
                assert said(socket)["message"] == f"{number}"
            project.shell(
                "from hubbub.chat.services import post;"
                " post(room='den', message='from a command', username='x')"
            )
            assert said(socket)["message"] == "from a command"


@pytest.mark.parametrize("age", [0, 1, None])
def test_any_age_of_connections_with_health_checks(tmp_path, age):
    more = {"CONN_MAX_AGE": age, "CONN_HEALTH_CHECKS": True}
    works(Project(tmp_path, settings=f'DATABASES["default"] |= {more}\n'))


@pytest.fixture(scope="module")
def server():
    with postgresql.url() as url:
        yield url


@pytest.mark.parametrize(
    "more",
    [
        {"OPTIONS": {"pool": {"min_size": 1, "max_size": 2, "timeout": 10}}},
        {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True},
        {"OPTIONS": {"options": "-c search_path=live", "server_side_binding": True}},
    ],
    ids=["a small pool", "health checks", "a schema"],
)
def test_on_postgresql(tmp_path, server, more):
    with postgresql.new_database(server) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE SCHEMA live")
        where = {"OPTIONS": {**query(url), **more.get("OPTIONS", {})}}
        settings = ON_POSTGRESQL.format(url=url, more=more | where)
        works(Project(tmp_path, settings=settings))
        with psycopg.connect(url) as connection:
            schema = "SELECT schemaname FROM pg_tables WHERE tablename = 'hubbub_stream'"
            expected = "live" if "options" in more.get("OPTIONS", {}) else "public"
            assert connection.execute(schema).fetchall() == [(expected,)]


def query(url):
    """What an address has after its question mark, which is what Django takes as OPTIONS."""
    from urllib.parse import parse_qsl, urlsplit

    return dict(parse_qsl(urlsplit(url).query))


@pytest.mark.parametrize("field", ["AutoField", "SmallAutoField", "BigAutoField"])
def test_our_keys_are_ours_whatever_the_project_has(tmp_path, field):
    settings = f'DEFAULT_AUTO_FIELD = "django.db.models.{field}"\n'
    project = Project(tmp_path, settings=settings)
    done = project.manage("makemigrations", "--check", "--dry-run", check=False)
    assert "hubbub" not in done.stdout, done.stdout


def test_a_mirror_of_the_tests_has_nothing_of_ours(tmp_path):
    """`TEST["MIRROR"]`: a replica that the tests read as the primary; a test of a project's own."""
    settings = """
DATABASES["replica"] = DATABASES["default"] | {"TEST": {"MIRROR": "default"}}


class Readers:
    def db_for_read(self, model, **hints):
        return "replica"

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, *ours, **hints):
        return True


DATABASE_ROUTERS = [Readers()]
"""
    (tmp_path / "tests.py").write_text("""
from django.test import TransactionTestCase

from hubbub.chat.services import post
from hubbub.streams.selectors import history_page


class Said(TransactionTestCase):
    databases = {"default", "replica"}

    def test_what_is_said_is_read(self):
        post(room="den", message="hello", username="x")
        assert len(history_page(stream="chat:den", limit=5).messages) == 1
""")
    project = Project(tmp_path, settings=settings)
    done = project.manage("test", check=False)
    assert done.returncode == 0, done.stderr
