"""Tasks that nobody waits for: an event loop holds those only weakly, so they are held here."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, TypeVar

from hubbub.anew import forgotten_by

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

_held: set[asyncio.Task[Any]] = set()


def start_task(
    work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop | None = None
) -> asyncio.Task[T]:
    """Do `work` in a task of the running loop, or of the loop whose thread this is.

    It is held until it is done. Raises RuntimeError without a loop.
    """
    task = (loop or asyncio.get_running_loop()).create_task(work)
    _held.add(task)
    task.add_done_callback(_held.discard)
    return task


def under_way() -> set[asyncio.Task[Any]]:
    """Those that are not done yet, of all loops of the process."""
    return set(_held)


def forget() -> None:
    """Let go of those whose loop runs no more, and in a child of all that are its parent's."""
    global _process  # noqa: PLW0603 - a child is another process
    here = os.getpid()
    alive = {task for task in under_way() if _process == here and task.get_loop().is_running()}
    _held.intersection_update(alive)
    _process = here


_process = os.getpid()
forgotten_by(forget)
