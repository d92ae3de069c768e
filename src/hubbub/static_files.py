"""The static files of a project: `hubbub serve` has them while DEBUG is on, as `runserver` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.apps import apps
from django.conf import settings
from django.core import checks

from hubbub.project import is_site

if TYPE_CHECKING:
    from django.core.handlers.asgi import ASGIHandler

    from hubbub.project import Application


def with_static_files(application: Application, *, insecure: bool = False) -> Application:
    """The application, and before it the static files of each app, where DEBUG or `insecure` is.

    The stand-alone site has its own way, with which they are served without DEBUG too.
    """
    installed = apps.is_installed("django.contrib.staticfiles")
    if is_site() or not installed or not (settings.DEBUG or insecure):
        return application
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: PLC0415

    return cast("Application", ASGIStaticFilesHandler(cast("ASGIHandler", application)))


#: Packages whose middleware serves static files.
SERVERS = ("whitenoise.", "servestatic.")
BARE = checks.Warning(
    "DEBUG is off, and nothing here serves static files: /admin/ is bare, /api/docs/ blank.",
    hint="Serve them by WhiteNoise's middleware, or collect them into STATIC_ROOT for nginx:"
    " docs/your-project.md.",
    id="hubbub.W012",
)


def check_static_files() -> list[checks.CheckMessage]:
    """hubbub.W012: nobody serves static files; who collects them has somebody else do it."""
    if is_site() or settings.DEBUG or settings.STATIC_ROOT or "//" in (settings.STATIC_URL or ""):
        return []
    if any(name.startswith(SERVERS) for name in settings.MIDDLEWARE):
        return []
    return [BARE] if apps.is_installed("django.contrib.staticfiles") else []
