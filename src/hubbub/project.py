"""Which Django project a command works for: the one that is named, found, or else our own site."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import django
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.urls import set_script_prefix

from hubbub import conf
from hubbub.database import UnfitError, alias, ours
from hubbub.errors import HubbubError, SettingError
from hubbub.manage_file import MODULE, named_settings
from hubbub.site.environment import environment, strangers, unread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

SITE = "hubbub.site.settings"
NAME_THEM = "Name them: --settings project.settings, or --demo for the stand-alone site."
ADD_FOLDER = "Where manage.py adds to sys.path, name that folder: PYTHONPATH=src hubbub serve"
#: Without their tables there is no server.
NEEDED = ("hubbub.accounts", "hubbub.journal")
APPLICATION = "hubbub.asgi.application"
ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not listened on


class UsageError(HubbubError):
    """A command cannot be carried out as it was given; the text says what to do."""


def choose(
    *,
    named: str | None = None,
    data: str | None = None,
    host: str | None = None,
    root_path: str | None = None,
) -> None:
    """Settle the project; hand what the command line says on to the site's environment.

    `named` are settings that the command line names. Raises UsageError.
    """
    os.environ[MODULE] = named or os.environ.get(MODULE) or find() or SITE
    if not is_site():
        # As `python -m` does: a project's modules lie where the command is started.
        sys.path[:0] = [str(Path.cwd())] if str(Path.cwd()) not in sys.path else []
        if data is not None:
            warn(f"--data is left aside: {os.environ[MODULE]} has a database of its own.")
        return
    if data is not None:
        os.environ["HUBBUB_DATA"] = data
    if root_path is not None:
        os.environ["HUBBUB_ROOT_PATH"] = root_path
    for sentence in strangers():
        warn(sentence)
    if host is not None and host not in ANY_ADDRESS:
        allow_host(host)


def find() -> str | None:
    """The settings of the project whose `manage.py` lies in the current folder. Raises UsageError.

    None where there is none: then a command works for the stand-alone site.
    """
    path = Path("manage.py")
    try:
        found = named_settings(path) if path.is_file() else None
    except (OSError, SyntaxError, ValueError) as error:
        raise UsageError(f"manage.py cannot be read: {error}. {NAME_THEM}") from None
    if found is None:
        return None
    if not found:
        raise UsageError(f"which settings manage.py chooses shows only when it runs. {NAME_THEM}")
    if len(found) > 1:
        raise UsageError(f"manage.py chooses {' or '.join(sorted(found))}. {NAME_THEM}")
    return found.pop()


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
        raise UsageError(f"{MODULE}={os.environ[MODULE]}: {error}{way_out(error)}") from None
    except ImproperlyConfigured as error:
        raise SettingError(str(error)) from None


def way_out(error: ModuleNotFoundError) -> str:
    """What to do where the settings themselves are not found: a `manage.py` may say where."""
    return f". {ADD_FOLDER}" if error.name == os.environ[MODULE].partition(".")[0] else ""


def set_up() -> None:
    """Load the project's apps. Raises SettingError or UsageError where that cannot be."""
    check_environment()
    try:
        django.setup()
    except (ImproperlyConfigured, ModuleNotFoundError) as error:
        raise SettingError(f"{os.environ[MODULE]}: {error}") from None
    missing = [name for name in NEEDED if not apps.is_installed(name)]
    if missing:
        raise UsageError(f"{os.environ[MODULE]}: INSTALLED_APPS lacks {', '.join(missing)}.")
    try:
        alias()
    except UnfitError as error:
        raise SettingError(f"{os.environ[MODULE]}: {error}") from None
    from hubbub.accounts.authentication import ways_of  # noqa: PLC0415 - its models need the apps

    ways_of(conf.current().authentication)
    if apps.is_installed("hubbub.chat"):
        from hubbub.chat.gate import policy_in_force  # noqa: PLC0415 - as above

        policy_in_force()


def check_variables() -> list[checks.CheckMessage]:
    """hubbub.W013: the environment says what a project's settings would have to say."""
    names = [] if is_site() else unread(settings)
    if not names:
        return []
    sentence = f"The environment has {', '.join(names)}, which only the stand-alone site reads."
    hint = f"{os.environ[MODULE]} has to say it: docs/deploy.md."
    return [checks.Warning(sentence, hint=hint, id="hubbub.W013")]


def application() -> Application:
    """The ASGI application: the project's, or ours around the project. Raises SettingError."""
    dotted = application_name()
    module, _, name = dotted.rpartition(".")
    try:
        return cast("Application", getattr(import_module(module), name))
    except (ImportError, AttributeError, ValueError, RuntimeError) as error:
        raise SettingError(f"ASGI_APPLICATION = {dotted!r}: {error}") from error


def application_name() -> str:
    """The dotted name of the ASGI application."""
    return getattr(settings, "ASGI_APPLICATION", None) or APPLICATION


def described() -> str:
    """What is served, for a person: the settings, the ASGI application, the database."""
    who = "the stand-alone site" if is_site() else settings.SETTINGS_MODULE
    return f"{who}, {application_name()}, {database_described()}"


def database_described() -> str:
    """The kind of the database and where it is; nothing of how to get in."""
    connection = ours()
    where = connection.settings_dict
    machine = f" on {where['HOST']}" if where.get("HOST") else ""
    return f"{connection.display_name} {where['NAME']}{machine}"


def settle_root(given: str | None) -> str:
    """The path under which a proxy shows the project, empty for the root.

    `given` is what the command line says; else it is what Django puts before its own paths. From
    now on it puts this before the static files too: in this thread, as Django keeps it for each.
    """
    root = (settings.FORCE_SCRIPT_NAME or "").rstrip("/") if given is None else given
    set_script_prefix(f"{root}/")
    return root


def warn(sentence: str) -> None:
    """Tell a person what is odd but no reason to stop."""
    print(f"hubbub: {sentence}", file=sys.stderr)
