"""Which database is ours, and which cannot be."""

import sys

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, router

from hubbub import database
from hubbub.accounts.models import Token
from hubbub.chat.models import Message
from hubbub.database import UnfitError, alias, ours
from hubbub.journal.models import Stream
from tests.places.projects import Project

REPLICA = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}


class Router:
    """Sends apps to databases; who reads is sent to a replica."""

    def __init__(self, **homes):
        self.homes = homes

    def db_for_write(self, model, **hints):
        return self.homes.get(model._meta.app_label)

    def db_for_read(self, model, **hints):
        return "replica"


@pytest.fixture
def databases(monkeypatch):
    """Two more, of which nothing is read."""
    for name in ("live", "replica"):
        settings = connections.databases["default"] | REPLICA
        monkeypatch.setitem(connections.databases, name, settings)


@pytest.fixture
def routed(settings, databases):
    def route(**homes):
        settings.DATABASE_ROUTERS = [Router(**homes)]

    yield route
    for name in ("live", "replica"):
        delattr(connections._connections, name) if hasattr(connections._connections, name) else None


APPS = ("hubbub_journal", "hubbub_chat", "hubbub_notifications", "hubbub_counter", "toys")


def test_without_routers_it_is_the_default_one():
    assert alias() == "default"
    assert ours() is connections["default"]


def test_it_is_where_the_routers_have_our_tables_written(routed):
    routed(**dict.fromkeys(APPS, "live"))
    assert alias() == "live"
    assert ours().alias == "live"


def test_readers_are_sent_to_no_replica(routed):
    routed(**dict.fromkeys(APPS, "live"))
    assert router.db_for_read(Stream) == "replica"
    assert Stream.objects.all().db == "live"
    assert Message.objects.filter(name="den").db == "live"
    assert Token.objects.all().db == "default"


def test_whoever_names_another_gets_it(routed):
    routed()
    assert Message.objects.using("live").db == "live"
    assert Message.objects.db_manager("live").all().db == "live"


def test_apps_that_are_sent_apart_are_an_error_that_says_where_to(routed):
    routed(hubbub_chat="live")
    [error] = run_checks(tags=["hubbub"])
    assert error.id == "hubbub.E003"
    assert "hubbub_chat to 'live'" in error.msg
    assert "hubbub_journal to 'default'" in error.msg
    assert "DATABASE_ROUTERS" in error.msg
    with pytest.raises(UnfitError, match=r"\(hubbub\.E003\)"):
        ours()


def test_tokens_may_be_where_the_users_are(routed):
    routed(**dict.fromkeys(APPS, "live"), hubbub_accounts="default")
    assert run_checks(tags=["hubbub"]) == []


@pytest.mark.parametrize(
    ("vendor", "name"),
    [("mysql", "MySQL or MariaDB"), ("oracle", "Oracle"), ("microsoft", "microsoft")],
)
def test_a_database_that_cannot_be_ours_is_an_error(monkeypatch, settings, vendor, name):
    monkeypatch.setattr(connections["default"], "vendor", vendor)
    settings.DATABASE_ROUTERS = []  # asked anew
    [error] = run_checks(tags=["hubbub"])
    assert error.id == "hubbub.E002"
    assert error.msg == (
        f"DATABASES['default'] is {name}, but Hubbub needs SQLite 3.35 or PostgreSQL 14,"
        " or a newer one."
    )
    with pytest.raises(ImproperlyConfigured, match=r"\(hubbub\.E002\)"):
        ours()


@pytest.mark.parametrize(("version", "fits"), [((3, 34, 9), False), ((3, 35, 0), True)])
def test_an_old_sqlite_is_an_error(monkeypatch, settings, version, fits):
    monkeypatch.setattr(connections["default"], "vendor", "sqlite")
    monkeypatch.setattr(connection.Database, "sqlite_version_info", version, raising=False)
    settings.DATABASE_ROUTERS = []
    assert [error.id for error in run_checks(tags=["hubbub"])] == ([] if fits else ["hubbub.E002"])


class Old:
    vendor = "postgresql"
    pg_version = 130012

    def ensure_connection(self):
        """It is there."""


def test_an_old_postgresql_is_an_error_where_django_connects(monkeypatch):
    monkeypatch.setattr(database, "connections", {"default": Old()})
    [error] = [
        error
        for error in run_checks(tags=["database"], databases=["default"])
        if error.id == "hubbub.E002"
    ]
    assert error.msg.startswith("DATABASES['default'] is PostgreSQL 13, but Hubbub needs ")
    assert run_checks(tags=["database"], databases=[]) == []


def test_a_driver_that_hears_no_notices_is_an_error(monkeypatch):
    monkeypatch.setattr(database, "connections", {"default": Old()})
    monkeypatch.setattr(database, "is_psycopg_3", lambda: False)
    assert "psycopg2" in database.unusable("default")
    monkeypatch.setattr(database, "is_psycopg_3", lambda: True)
    assert database.unusable("default") is None


@pytest.mark.parametrize("engine", ["mysql", "oracle"])
def test_a_database_whose_driver_is_missing_is_told_so_first(tmp_path, engine):
    """Models cannot be loaded without it: no check would ever run."""
    driver = {"mysql": "MySQLdb", "oracle": "oracledb"}[engine]
    assert driver not in sys.modules
    settings = f'DATABASES = {{"default": {{"ENGINE": "django.db.backends.{engine}"}}}}'
    project = Project(tmp_path, settings=settings)
    for words in (
        ("django", "check"),
        ("hubbub", "serve", "--port", "0"),
        ("uvicorn", "hubbub.asgi:application", "--port", "0"),
    ):
        done = project.run(*words, check=False)
        assert done.returncode != 0
        last = done.stderr.strip().splitlines()[-1]
        assert database.NAMES[engine] in last
        assert last.endswith("or a newer one. (hubbub.E002)")


def test_the_asgi_application_refuses_too_what_a_check_refuses(tmp_path):
    router = """
class Router:
    def db_for_write(self, model, **hints):
        return "live" if model._meta.app_label == "hubbub_chat" else None

DATABASE_ROUTERS = [Router()]
DATABASES["live"] = {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "live.sqlite3"}
"""
    project = Project(tmp_path, settings=router)
    done = project.manage("check", check=False)
    assert done.returncode == 1
    assert "(hubbub.E003) Hubbub's apps are in several databases" in done.stderr
    for words in (
        ("hubbub", "serve", "--port", "0"),
        ("uvicorn", "hubbub.asgi:application", "--port", "0"),
    ):
        done = project.run(*words, check=False)
        assert done.returncode != 0
        assert done.stderr.strip().endswith("(hubbub.E003)")
