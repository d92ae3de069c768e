"""Serving a project that is set up, from the first connection to the last event stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubbub.server.run import run

if TYPE_CHECKING:
    from hubbub.project import Application


def serve(application: Application, **where: Any) -> None:
    """Serve until a signal, with the options of `run`; then store what the journal was handed."""
    # Ninja reads the settings, and the journal's models need the apps.
    from hubbub.http.health import drain  # noqa: PLC0415
    from hubbub.journal.nodes import writer  # noqa: PLC0415

    run(application, drain=drain, **where)
    writer.stop()
