"""Which Django project a command works for: DJANGO_SETTINGS_MODULE's, else our own site."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from hubbub import conf
from hubbub.errors import HubbubError, SettingError
from hubbub.site.environment import environment, strangers

SITE = "hubbub.site.settings"
MODULE = "DJANGO_SETTINGS_MODULE"
APPLICATION = "hubbub.asgi.application"
ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not listened on


class UsageError(HubbubError):
    """A command cannot be carried out as it was given; the text says what to do."""


def choose(
    *, data: str | None = None, host: str | None = None, root_path: str | None = None
) -> str:
    """Settle the project; hand what the command line says on to the site's environment.

    Returns the path under which it is shown, empty for the root.
    """
    os.environ.setdefault(MODULE, SITE)
    if not is_site():
        # As `python -m` does: a project's modules lie where the command is started.
        sys.path[:0] = [str(Path.cwd())] if str(Path.cwd()) not in sys.path else []
        if data is not None:
            warn(f"--data is left aside: {os.environ[MODULE]} has a database of its own.")
        return root_path or ""
    if data is not None:
        os.environ["HUBBUB_DATA"] = data
    if root_path is not None:
        os.environ["HUBBUB_ROOT_PATH"] = root_path
    for sentence in strangers():
        warn(sentence)
    if host is not None and host not in ANY_ADDRESS:
        allow_host(host)
    return environment().root_path or ""


def allow_host(host: str) -> None:
    """Let the site be asked for under the address that it listens on."""
    name = f"[{host}]" if ":" in host else host
    allowed = environment().allowed_hosts
    if name not in allowed and "*" not in allowed:
        os.environ["HUBBUB_ALLOWED_HOSTS"] = ",".join((*allowed, name))
        environment.cache_clear()


def is_site() -> bool:
    """Whether it is the stand-alone site."""
    return os.environ.get(MODULE) == SITE


def manage_command() -> str:
    """What a person types to reach Django's commands of this project."""
    return "hubbub manage" if is_site() else "python manage.py"


def check_environment() -> None:
    """Read the settings module. Raises SettingError or UsageError for a wrong one."""
    try:
        settings.INSTALLED_APPS  # noqa: B018 - the first look reads the module
        conf.current()
    except ModuleNotFoundError as error:
        raise UsageError(f"{MODULE}={os.environ[MODULE]}: {error}") from None
    except ImproperlyConfigured as error:
        raise SettingError(str(error)) from None


def set_up() -> None:
    """Load the project's apps. Raises SettingError or UsageError where that cannot be."""
    check_environment()
    try:
        django.setup()
    except (ImproperlyConfigured, ModuleNotFoundError) as error:
        raise SettingError(f"{os.environ[MODULE]}: {error}") from None


def migrate() -> None:
    """Bring the site's database up to date; one that is takes a few milliseconds."""
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
    except (DatabaseError, ImproperlyConfigured, CommandError) as error:
        raise UsageError(f"the database cannot be used: {error}") from None
    connections.close_all()


def application() -> str:
    """The ASGI application as `module:name`: the project's, or ours around the project."""
    dotted = getattr(settings, "ASGI_APPLICATION", None) or APPLICATION
    module, _, name = dotted.rpartition(".")
    try:
        getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingError(f"ASGI_APPLICATION = {dotted!r}: {error}") from error
    return f"{module}:{name}"


def warn(sentence: str) -> None:
    """Tell a person what is odd but no reason to stop."""
    print(f"hubbub: {sentence}", file=sys.stderr)
