"""Whether the database has every table: the site makes its own, a project is told the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from hubbub import project
from hubbub.database import home

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

#: Without their tables nobody is let in or heard; of others a project may be ahead for a while.
NEEDED = ("auth", "contenttypes", "sessions", "hubbub_")


def open_project(named: str | None, data: str | None) -> None:
    """Set up the project for which a command works, with its database. Raises HubbubError."""
    project.choose(named=named, data=data)
    project.set_up()
    settle(named)


def settle(named: str | None) -> None:
    """Bring the site's database up to date, or see that a project's is. Raises UsageError.

    `named` are settings that the command line names: so must the command that is told.
    """
    if project.is_site():
        migrate()
    else:
        for alias, labels in homes().items():
            check_migrated(alias, labels, migrate_command(named, alias))


def migrate_command(named: str | None, alias: str) -> str:
    """What a person types who has a project's database migrated."""
    where = "" if alias == DEFAULT_DB_ALIAS else f" --database {alias}"
    return f"python manage.py migrate{where}{f' --settings {named}' if named else ''}"


def homes() -> dict[str, set[str]]:
    """The apps whose tables each database has, by its alias; the routers say it."""
    found: dict[str, set[str]] = {}
    for model in apps.get_models():
        found.setdefault(home(model), set()).add(model._meta.app_label)
    return found


def migrate() -> None:
    """Bring the site's database up to date; one that is takes a few milliseconds."""
    try:
        if missing(DEFAULT_DB_ALIAS):
            call_command("migrate", interactive=False, verbosity=0)
    except (DatabaseError, ImproperlyConfigured, CommandError) as error:
        raise project.UsageError(f"the database cannot be used: {error}") from None
    connections.close_all()


def check_migrated(alias: str, here: Collection[str], command: str) -> None:
    """Refuse a database that lacks a table of ours, warn where others' are missing.

    `here` are the labels of the apps whose tables are to be in it.

    A database that does not answer may come back, and is waited for.
    """
    try:
        labels = [label for label in missing(alias) if label in here]
    except (DatabaseError, ImproperlyConfigured) as error:
        project.warn(f"it cannot be seen whether the database is migrated: {error}")
        return
    finally:
        connections.close_all()
    if not labels:
        return
    sentence = (
        f"the database of {settings.SETTINGS_MODULE} is not migrated"
        f" ({', '.join(labels)}). Run: {command}"
    )
    if any(label.startswith(NEEDED) for label in labels):
        raise project.UsageError(sentence)
    project.warn(sentence)


def missing(alias: str) -> Iterable[str]:
    """The labels of the apps that have migrations to come in a database, each once."""
    executor = MigrationExecutor(connections[alias])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return dict.fromkeys(migration.app_label for migration, _ in plan)
