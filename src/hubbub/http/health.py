"""`/healthz`: the process answers. `/readyz`: it wants work, and its database answers too."""

from __future__ import annotations

import asyncio
import logging
from threading import Event

from django.http import HttpRequest, HttpResponse, JsonResponse

from hubbub.crossing import in_database
from hubbub.http.failures import answer_error
from hubbub.journal.read import position

logger = logging.getLogger("hubbub.http")

PATIENCE = 2.0  # seconds; a prober that asks every few seconds must not gather waiting calls
_draining = Event()


def drain() -> None:
    """Answer `/readyz` with 503 from now on; the server calls this when it begins to stop."""
    _draining.set()


def resume() -> None:
    """Take `drain` back, for a process that serves again (tests, an embedded server)."""
    _draining.clear()


async def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 as long as the event loop turns."""
    return JsonResponse({"status": "ok"})


async def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 if this process should be sent connections, else 503 and one sentence why not."""
    if _draining.is_set():
        return answer_error(503, "Draining", retry_after=PATIENCE)
    try:
        # Not SELECT 1, which a database answers too that nobody has migrated.
        await asyncio.wait_for(in_database(position, "ready"), PATIENCE)
    except Exception:
        logger.warning("readyz: the database does not answer", exc_info=True)
        return answer_error(503, "Database does not answer", retry_after=PATIENCE)
    return JsonResponse({"status": "ok"})
