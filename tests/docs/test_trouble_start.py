"""`docs/trouble.md`: what does not start, and what a project's tests and SQLite say."""

import socket
import sqlite3

import pytest
from channels.testing import WebsocketCommunicator
from django.apps import apps
from django.conf import settings as configured
from django.contrib.auth.models import Group
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from hubbub import listening, project, schema
from hubbub.asgi import application
from hubbub.project import UsageError
from tests.docs.trouble import see


def test_what_is_not_migrated(transactional_db, monkeypatch):
    monkeypatch.setenv(project.MODULE, "tests.settings")
    MigrationRecorder(connection).record_unapplied("hubbub_chat", "0002_data")
    try:
        with pytest.raises(UsageError) as caught:
            schema.settle(None)
    finally:
        MigrationRecorder(connection).record_applied("hubbub_chat", "0002_data")
    see(caught.value, "is not migrated")
    assert str(caught.value).endswith("Run: python manage.py migrate")


def test_a_port_that_is_taken():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UsageError) as caught:
            listening.claim("127.0.0.1", other.getsockname()[1])
    see(caught.value, "another program listens there already; choose another with --port")


def test_a_project_without_our_apps(monkeypatch):
    monkeypatch.setenv(project.MODULE, "tests.settings")
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "hubbub.journal")
    with pytest.raises(UsageError) as caught:
        project.set_up()
    see(caught.value, "INSTALLED_APPS lacks")


async def test_a_test_that_may_have_no_database():
    member = WebsocketCommunicator(application, "/ws/chat/general/")
    with pytest.raises(RuntimeError) as caught:
        await member.connect(timeout=1)
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
