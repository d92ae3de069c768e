"""Whether the database has every table: the site makes its own, a project is told the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, ProgrammingError, connections
from django.db.migrations.executor import MigrationExecutor

from hubbub import project
from hubbub.database import home, is_event_table
from hubbub.sqlite import is_mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from django.db.migrations import Migration
    from django.db.models import Model

#: Without their tables nobody is let in or heard; of others a project may be ahead for a while.
NEEDED = ("auth", "contenttypes", "sessions", "hubbub_")

PROBE = "SELECT {columns} FROM {table} WHERE 1 = 0"


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
        unmade = {} if lacking else find_unmade(alias, here)
    except (DatabaseError, ImproperlyConfigured) as error:
        project.warn(f"it cannot be seen whether the database is migrated: {error}")
        return
    finally:
        connections.close_all()
    if unmade:
        raise project.UsageError(unmade_sentence(unmade, command))
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


def find_unmade(alias: str, here: Collection[str]) -> dict[str, str]:
    """What a database says where it lacks a table or a column of a kind's events, by app.

    So it is where all is migrated, and a migration was not made. Raises DatabaseError.
    """
    connection, found = connections[alias], {}
    for model in apps.get_models():
        if model._meta.app_label in here and is_event_table(model):
            try:
                with connection.cursor() as cursor:
                    cursor.execute(probe_of(model, connection.ops.quote_name))
            except DatabaseError as error:
                if not (isinstance(error, ProgrammingError) or is_mistake(error, connection)):
                    raise
                found[model._meta.app_label] = str(error).partition("\n")[0]
    return found


def probe_of(model: type[Model], quote: Callable[[str], str]) -> str:
    """A statement that asks for nothing of every column."""
    table = quote(model._meta.db_table)
    # With its table: SQLite takes a quoted name that it does not know for a text.
    columns = [f"{table}.{quote(str(field.column))}" for field in model._meta.concrete_fields]
    return PROBE.format(columns=", ".join(columns), table=table)


def unmade_sentence(unmade: dict[str, str], command: str) -> str:
    """What is said then."""
    why, labels = "; ".join(unmade.values()), " ".join(unmade)
    return (
        f"the database of {settings.SETTINGS_MODULE} is not migrated ({why})."
        f" Run: python manage.py makemigrations {labels} && {command}"
    )


def is_needed(migration: Migration) -> bool:
    """Whether it makes or changes a table of ours, or one of a kind's events."""
    label = migration.app_label
    return label.startswith(NEEDED) or any(
        operation.references_model(model.__name__, label)
        for model in apps.get_models()
        if model._meta.app_label == label and is_event_table(model)
        for operation in migration.operations
    )
