"""Which of a project's databases is ours, and whether it can be.

The project's DATABASE_ROUTERS say where our tables are written, and from there they are read too:
a replica for readers lags behind. All tables of events are in one database, since one transaction
numbers an event and stores it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.models import Manager, Model

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import QuerySet

M = TypeVar("M", bound=Model)

#: SQLite's first one with RETURNING, and PostgreSQL's oldest that Django 5.2 takes.
OLDEST_SQLITE = (3, 35)
OLDEST_POSTGRESQL = 14
NAMES = {"mysql": "MySQL or MariaDB", "oracle": "Oracle", "unknown": "no database"}
NEEDED = f"Hubbub needs SQLite 3.35 or PostgreSQL {OLDEST_POSTGRESQL}, or a newer one."
ROUTED = "all its events have to be in one: have DATABASE_ROUTERS send these apps there."


class UnfitError(ImproperlyConfigured):
    """No database can be ours; `number` is the check's that tells it."""

    def __init__(self, number: str, sentence: str) -> None:
        super().__init__(f"{sentence} ({number})")
        self.number = number
        self.sentence = sentence


def home(model: type[Model]) -> str:
    """The alias of the database that a table of ours is written to and read from."""
    return router.db_for_write(model)


@lru_cache(maxsize=1)
def alias() -> str:
    """The alias of the one database of all events.

    Raises UnfitError where there are several, or it cannot be used.
    """
    homes = {model: home(model) for model in apps.get_models() if is_event_table(model)}
    if len(set(homes.values())) > 1:
        raise UnfitError("hubbub.E003", apart(homes))
    name = next(iter(homes.values()), DEFAULT_DB_ALIAS)
    if reason := unusable(name):
        raise UnfitError("hubbub.E002", reason)
    return name


def ours() -> BaseDatabaseWrapper:
    """This thread's connection to it. Raises UnfitError as `alias` does."""
    return connections[alias()]


class HomeManager(Manager[M]):
    """Reads where it writes, whatever a router says of readers."""

    def get_queryset(self) -> QuerySet[M]:
        """All rows; of another database only where a caller says so by `using`."""
        rows = super().get_queryset()
        return rows if self._db else rows.using(self.home())

    def home(self) -> str:
        """The alias."""
        return home(self.model)


class EventManager(HomeManager[M]):
    """Of a table in the database of all events."""

    def home(self) -> str:
        """The alias."""
        return alias()


def is_event_table(model: type[Model]) -> bool:
    """Whether a table lies in the database of all events."""
    return any(isinstance(manager, EventManager) for manager in model._meta.managers)


def apart(homes: dict[type[Model], str]) -> str:
    """Which of our apps are sent where."""
    sent = {f"{model._meta.app_label} to {place!r}" for model, place in homes.items()}
    return f"Hubbub's apps are in several databases ({', '.join(sorted(sent))}), but {ROUTED}"


def unusable(name: str) -> str | None:
    """Why a database cannot be ours, as far as its settings tell; nothing is connected to."""
    wrapper = connections[name]
    vendor = wrapper.vendor
    if vendor == "sqlite":
        version: tuple[int, ...] = wrapper.Database.sqlite_version_info  # type: ignore[attr-defined]
        found = None if version >= OLDEST_SQLITE else f"SQLite {'.'.join(map(str, version))}"
    elif vendor == "postgresql":
        found = None if is_psycopg_3() else "PostgreSQL by psycopg2, instead of psycopg 3"
    else:
        found = NAMES.get(vendor, vendor)
    return found and lacking(name, found)


def lacking(name: str, found: str) -> str:
    """What a database is, and what would do."""
    return f"DATABASES[{name!r}] is {found}, but {NEEDED}"


def is_psycopg_3() -> bool:
    """Whether Django speaks to PostgreSQL by a driver that can wait for notices."""
    from django.db.backends.postgresql.psycopg_any import is_psycopg3  # noqa: PLC0415 - needs it

    return bool(is_psycopg3)


def is_address(where: str) -> bool:
    """Whether it is an address of PostgreSQL's, and no alias: it has a scheme, or `key=value`."""
    return "://" in where or "=" in where


def too_old(name: str) -> str | None:
    """Why a PostgreSQL cannot be ours, as it says itself. Raises DatabaseError where it is away."""
    wrapper: Any = connections[name]
    if wrapper.vendor != "postgresql":
        return None
    wrapper.ensure_connection()
    version = wrapper.pg_version // 10000
    return None if version >= OLDEST_POSTGRESQL else lacking(name, f"PostgreSQL {version}")


def refuse_without_driver() -> None:
    """Say that a database cannot be ours before Django says that its driver is missing.

    Models cannot be loaded without the driver, and so no check can run. Raises UnfitError.
    """
    if settings.DATABASE_ROUTERS:
        return
    try:
        connections[DEFAULT_DB_ALIAS]
    except (ImproperlyConfigured, ImportError):
        engine = settings.DATABASES[DEFAULT_DB_ALIAS]["ENGINE"]
        for vendor in ("mysql", "oracle"):
            if vendor in engine.lower():
                reason = lacking(DEFAULT_DB_ALIAS, NAMES[vendor])
                raise UnfitError("hubbub.E002", reason) from None


def ask_anew(*, setting: str, **_: object) -> None:
    """Ask the routers anew after `override_settings`."""
    if setting in {"DATABASES", "DATABASE_ROUTERS"}:
        alias.cache_clear()


setting_changed.connect(ask_anew, dispatch_uid="hubbub.database")


def discard_broken(wrapper: BaseDatabaseWrapper) -> None:
    """Have the pool, if there is one, try its idle connections, and open others for broken ones.

    It notices nothing by itself: after a restart each would fail somebody's request.
    """
    pool = getattr(wrapper, "pool", None)
    if pool is not None and not pool.closed:
        pool.check()
