"""How many questions about one stream a project's own code is asked at a time."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

#: Questions about one stream that are asked at a time: a stream whose policy takes long leaves
#: threads to the others.
ONE_STREAM = 2

_turns: WeakValueDictionary[tuple[object, str], asyncio.Semaphore] = WeakValueDictionary()


def turn_of(stream: str) -> asyncio.Semaphore:
    """What a question about a stream waits for, on the running loop."""
    key = (asyncio.get_running_loop(), stream)
    if (turn := _turns.get(key)) is None:
        turn = _turns[key] = asyncio.Semaphore(ONE_STREAM)
    return turn
