"""Something that waits where a test says, until the test lets it go on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def hold_back(monkeypatch: Any, owner: Any, name: str) -> tuple[asyncio.Event, list[Any]]:
    """Have an async method wait for the event; who has come so far is in the list."""
    gate, inside, call = asyncio.Event(), [], getattr(owner, name)

    async def wait(*args: Any, **kwargs: Any) -> Any:
        inside.append(args[0])
        await gate.wait()
        return await call(*args, **kwargs)

    monkeypatch.setattr(owner, name, wait)
    return gate, inside


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds; a test that fails takes ten seconds."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - of another task, without an event
            await asyncio.sleep(0.001)
