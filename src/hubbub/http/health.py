"""`/healthz`: the process answers. `/readyz`: it wants work, and what it is told can be stored."""

from __future__ import annotations

import asyncio
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control

from hubbub.anew import forgotten_by
from hubbub.crossing import in_database
from hubbub.database import ours
from hubbub.http.guard import outside_transactions
from hubbub.journal.process import writer
from hubbub.journal.read import extent
from hubbub.journal.tune import check_writable, store_nothing
from hubbub.observe.events import NOT_READY
from hubbub.observe.report import report

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 2.0  # seconds; a prober that asks every few seconds must not gather waiting calls
_draining = Event()


def drain() -> None:
    """Answer `/readyz` with 503 from now on; the server calls this when it begins to stop."""
    _draining.set()


def resume() -> None:
    """Take `drain` back, for a process that serves again (tests, an embedded server)."""
    global _draining  # noqa: PLW0603 - who held its lock may not be there any more
    _draining = Event()


forgotten_by(resume)


@outside_transactions
@login_not_required
@cache_control(no_store=True, private=True)
async def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 as long as the event loop turns."""
    return JsonResponse({"status": "ok"})


@outside_transactions
@login_not_required
@cache_control(no_store=True, private=True)
async def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 if this process should be sent connections, else 503, a sentence and a word why not."""
    if _draining.is_set():
        return not_ready("draining", "Draining")
    # Not SELECT 1, which a database answers too that nobody has migrated.
    if not await succeeds(partial(extent, "ready")):
        return not_ready("database", "Database does not answer")
    # A full disk shows only where something is stored; this is not done for each prober.
    look = store_nothing if writer.failing else check_writable
    if writer.stuck() or not await succeeds(lambda: look(ours())):
        return not_ready("writer", "Nothing can be stored")
    return JsonResponse({"status": "ok"})


async def succeeds(question: Callable[[], object]) -> bool:
    """Whether the database answers a question in time."""
    try:
        await asyncio.wait_for(in_database(question), PATIENCE)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not ready
        report(NOT_READY, "database", error=error)
        return False
    return True


def not_ready(reason: str, sentence: str) -> HttpResponse:
    """503; `reason` is the word for programs: `draining`, `database` or `writer`."""
    if reason != "database":
        report(NOT_READY, reason)
    body = {"status": "error", "message": sentence, "reason": reason}
    return JsonResponse(body, status=503, headers={"Retry-After": str(int(PATIENCE))})
