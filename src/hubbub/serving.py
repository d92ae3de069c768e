"""Serving a project that is set up, from the first connection to the last event stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubbub.listening import sentences_of
from hubbub.project import check_variables, warn
from hubbub.routed import check_routes
from hubbub.server.run import run
from hubbub.static_files import check_static_files, with_static_files

if TYPE_CHECKING:
    from hubbub.project import Application


def check_and_wrap(
    application: Application, *, static: bool = True, insecure: bool = False
) -> Application:
    """Say what will not work, and put the static files before the application if they are wanted.

    `insecure` serves them without DEBUG too.
    """
    wrapped = with_static_files(application, insecure=insecure) if static else application
    statics = check_static_files() if static and wrapped is application else []
    for sentence in sentences_of(check_routes(application) + statics + check_variables()):
        warn(sentence)
    return wrapped


def serve(application: Application, **where: Any) -> None:
    """Serve until a signal, with the options of `run`; then store what the journal was handed."""
    # Ninja reads the settings, and the journal's models need the apps.
    from hubbub.http.health import drain  # noqa: PLC0415
    from hubbub.journal.process import writer  # noqa: PLC0415

    run(application, drain=drain, **where)
    writer.stop()
