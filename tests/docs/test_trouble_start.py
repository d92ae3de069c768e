"""`docs/trouble.md`: what does not start, and what a project's tests and SQLite say."""

import socket
import sqlite3
import sys
from threading import Event, Thread

import pytest
from channels.routing import ProtocolTypeRouter, URLRouter
from django.apps import apps
from django.conf import settings as configured
from django.contrib.auth.models import Group
from django.core.checks.registry import registry
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from hubbub import checks, listening, project, schema, undertest
from hubbub.asgi import application
from hubbub.project import UsageError
from hubbub.routed import check_routes
from hubbub.static_files import check_static_files
from hubbub.testing import Member
from tests.docs.trouble import SOURCE, see

#: The newest migration of chat.
LAST = max(path.stem for path in (SOURCE / "chat" / "migrations").glob("0*.py"))


def test_what_is_not_migrated(transactional_db, monkeypatch):
    monkeypatch.setenv(project.MODULE, "tests.settings")
    MigrationRecorder(connection).record_unapplied("hubbub_chat", LAST)
    try:
        with pytest.raises(UsageError) as caught:
            schema.settle(None)
    finally:
        MigrationRecorder(connection).record_applied("hubbub_chat", LAST)
    see(caught.value, "is not migrated")
    assert str(caught.value).endswith("Run: python manage.py migrate")


def test_a_port_that_is_taken():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UsageError) as caught:
            listening.claim("127.0.0.1", other.getsockname()[1])
    see(caught.value, "another program listens there already; choose another with --port")


def told(found):
    """The number and the sentence of the only thing that a check has found."""
    [one] = found
    return f"{one.id}: {one.msg}"


def test_djangos_own_runserver(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["manage.py", "runserver"])
    see(
        told(checks.check_runserver()),
        "hubbub.W010",
        "This runserver is Django's own: it has no WebSockets, and answers 404 or 426 instead.",
    )


def test_a_runserver_that_comes_before_ours(monkeypatch):
    monkeypatch.setattr(registry, "registered_checks", set())  # it is that of an app not installed
    from hubbub.runserver.checks import check_order

    monkeypatch.setattr(apps, "is_installed", lambda _: True)
    see(
        told(check_order()),
        "hubbub.E010",
        "manage.py runserver is that of django.contrib.staticfiles,"
        " which comes first in INSTALLED_APPS.",
    )


def test_an_application_without_our_sockets():
    routes = ProtocolTypeRouter({"websocket": URLRouter([])})
    see(told(check_routes(routes)), "hubbub.W011", "leads to none of the sockets.")


def test_a_project_whose_static_files_nobody_serves(monkeypatch, settings):
    monkeypatch.setenv(project.MODULE, "tests.settings")
    settings.DEBUG = False
    see(
        told(check_static_files()),
        "hubbub.W012",
        "DEBUG is off, and nothing here serves static files: /admin/ is bare, /api/docs/ blank.",
    )


def test_variables_that_a_project_does_not_read(monkeypatch):
    monkeypatch.setenv(project.MODULE, "tests.settings")
    monkeypatch.setenv("HUBBUB_HTTPS", "true")
    found = told(project.check_variables())
    see(found, "hubbub.W013", "which only the stand-alone site reads.")


def test_a_project_without_our_apps(monkeypatch):
    monkeypatch.setenv(project.MODULE, "tests.settings")
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "hubbub.journal")
    with pytest.raises(UsageError) as caught:
        project.set_up()
    see(caught.value, "INSTALLED_APPS lacks")


async def test_a_member_that_hears_nothing(transactional_db):
    async with Member("/ws/chat/general/") as member:
        member.deadline = 0.1
        with pytest.raises(AssertionError) as caught:
            await member.hear()
    see(caught.value, "nothing came for")


async def test_a_member_that_waits_in_an_async_test():
    with pytest.raises(TypeError) as caught, Member("/ws/chat/general/"):
        pass
    see(caught.value, "in an async test it is")


async def test_a_member_of_a_project_s_own_consumer(transactional_db, settings):
    async def application(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    async with Member("/ws/orders/", application=application) as member:
        with pytest.raises(TypeError) as caught:
            await member.hear_nothing_more()
    see(caught.value, "not on a consumer of the project's: have it answer, and hear_until")


def test_a_transaction_of_a_test_that_does_not_end(monkeypatch):
    monkeypatch.setattr(undertest, "PATIENCE", 0.05)
    taken, done = Event(), Event()

    def hold():
        undertest.take_turn()
        taken.set()
        done.wait(20)
        undertest.give_turn()

    other = Thread(target=hold)
    other.start()
    assert taken.wait(20)
    with pytest.raises(OperationalError) as caught:
        undertest.take_turn()
    done.set()
    other.join()
    see(caught.value, "a transaction of the test did not end")


async def test_a_test_that_may_have_no_database():
    with pytest.raises(RuntimeError) as caught:
        await Member("/ws/chat/general/", application=application).connect()
    see(caught.value, 'Database access not allowed, use the "django_db" mark')


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own lock")
def test_a_lock_that_another_program_holds(transactional_db):
    other = sqlite3.connect(configured.DATABASES["default"]["NAME"], isolation_level=None)
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 10")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError) as caught:
        Group.objects.create(name="readers")
    other.execute("ROLLBACK")
    other.close()
    connection.close()
    see(caught.value, "database is locked")
