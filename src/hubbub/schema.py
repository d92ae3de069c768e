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
from hubbub.database import home, is_event_table

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.migrations import Migration

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
    """Refuse a database that lacks a table of ours or of events, warn where others' are missing.

    `here` are the labels of the apps whose tables are to be in it.

    A database that does not answer may come back, and is waited for.
    """
    try:
        lacking = [migration for migration in missing(alias) if migration.app_label in here]
    except (DatabaseError, ImproperlyConfigured) as error:
        project.warn(f"it cannot be seen whether the database is migrated: {error}")
        return
    finally:
        connections.close_all()
    if not lacking:
        return
    labels = dict.fromkeys(migration.app_label for migration in lacking)
    sentence = (
        f"the database of {settings.SETTINGS_MODULE} is not migrated"
        f" ({', '.join(labels)}). Run: {command}"
    )
    if any(map(is_needed, lacking)):
        raise project.UsageError(sentence)
    project.warn(sentence)


def missing(alias: str) -> list[Migration]:
    """The migrations that are to come in a database."""
    executor = MigrationExecutor(connections[alias])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [migration for migration, _ in plan]


def is_needed(migration: Migration) -> bool:
    """Whether it makes or changes a table of ours, or one of a kind's events."""
    label = migration.app_label
    return label.startswith(NEEDED) or any(
        operation.references_model(model.__name__, label)
        for model in apps.get_models()
        if model._meta.app_label == label and is_event_table(model)
        for operation in migration.operations
    )
