"""Django's system checks of the settings: `manage.py check` says what is wrong, by number."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from django.conf import settings as django_settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.management import get_commands
from django.db import DatabaseError, NotSupportedError, connections

from hubbub import conf
from hubbub.database import UnfitError, alias, is_address, too_old
from hubbub.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence


@register("hubbub")
def check_settings(**_: Any) -> list[CheckMessage]:
    """hubbub.E001: a HUBBUB_ setting is unknown or cannot be used; one error each."""
    try:
        conf.current()
    except SettingError as error:
        return [Error(line, id="hubbub.E001") for line in str(error).splitlines()]
    return []


@register("hubbub")
def check_database(**_: Any) -> list[CheckMessage]:
    """hubbub.E002: our tables' database cannot be used; hubbub.E003: there are several."""
    try:
        alias()
    except UnfitError as error:
        return [Error(error.sentence, hint=ELSEWHERE, id=error.number)]
    return []


@register("hubbub")
def check_listen(**_: Any) -> list[CheckMessage]:
    """hubbub.E006: HUBBUB_LISTEN names no database."""
    where = None if check_settings() else conf.current().listen
    if where is None or is_address(where) or where in connections:
        return []
    sentence = f"HUBBUB_LISTEN = {where!r} is neither an alias of DATABASES nor an address."
    hint = "An address looks like postgresql://user:password@host:5432/name."
    return [Error(sentence, hint=hint, id="hubbub.E006")]


@register(Tags.database)
def check_version(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """hubbub.E002: the PostgreSQL is too old; where Django connects, as `migrate` does."""
    if check_database() or alias() not in (databases or ()):
        return []
    try:
        reason = too_old(alias())
    except NotSupportedError as error:  # Django's own oldest one
        reason = str(error)
    except DatabaseError:
        return []
    return [Error(reason, hint=ELSEWHERE, id="hubbub.E002")] if reason else []


@register("hubbub")
def check_runserver(**_: Any) -> list[CheckMessage]:
    """hubbub.W010: `manage.py runserver` starts, and it is Django's own, which has no sockets."""
    starts = sys.argv[1:2] == ["runserver"]
    return [NO_SOCKETS] if starts and get_commands()["runserver"] in DJANGOS else []


@register("hubbub", deploy=True)
def check_exposure(**_: Any) -> list[CheckMessage]:
    """hubbub.W001 to W004: what is not safe where others reach the server; one warning each.

    By `check --deploy`, and by `hubbub serve` where it listens for others.
    """
    if check_settings():
        return []
    settings = conf.current()
    exposures = (
        (django_settings.DEBUG, DEBUG),
        ("*" in django_settings.ALLOWED_HOSTS, ANY_HOST),
        ("*" in settings.allowed_origins, ANY_ORIGIN),
        (settings.notifications_send == "anyone", ANY_SENDER),
    )
    return [warning for exposed, warning in exposures if exposed]


ELSEWHERE = "DATABASE_ROUTERS give Hubbub's apps a database of their own: docs/your-project.md."
#: The apps of Django that have a `runserver`.
DJANGOS = ("django.core", "django.contrib.staticfiles")
NO_SOCKETS = checks.Warning(
    "This runserver is Django's own: it has no WebSockets, and answers 404 or 426 instead.",
    hint='Put "hubbub.runserver" first in INSTALLED_APPS, or start: hubbub serve --reload',
    id="hubbub.W010",
)
DEBUG = checks.Warning(
    "DEBUG is on: an error shows the insides of the program to everyone who reaches this address.",
    hint="HUBBUB_DEBUG=false; in a project DEBUG = False.",
    id="hubbub.W001",
)
ANY_HOST = checks.Warning(
    "ALLOWED_HOSTS has *: a page under any name that is pointed here passes for the site's own.",
    hint="HUBBUB_ALLOWED_HOSTS=chat.example.org; in a project ALLOWED_HOSTS.",
    id="hubbub.W002",
)
ANY_ORIGIN = checks.Warning(
    "HUBBUB_ALLOWED_ORIGINS has *: any page may open sockets, with its reader's session too.",
    hint="HUBBUB_ALLOWED_ORIGINS=https://example.org, the pages that are meant.",
    id="hubbub.W003",
)
ANY_SENDER = checks.Warning(
    "Everyone who reaches this address may send notifications to all.",
    hint="HUBBUB_NOTIFICATIONS_SEND=staff changes that.",
    id="hubbub.W004",
)
