"""Which rooms a caller is told of: those that it may enter."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hubbub.chat.gate import gate
from hubbub.chat.members import rooms_enterable
from hubbub.chat.policies import asks_members
from hubbub.chat.sanctions import rooms_banned
from hubbub.chat.table import KIND, stream_of
from hubbub.crossing import in_asking_lane, in_database
from hubbub.errors import OverloadedError
from hubbub.streams.answers import ask_for_call
from hubbub.streams.standing import begun_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.accounts.caller import Caller
    from hubbub.streams.standing import Begun

#: Rooms that a policy is asked about at a time.
CHUNK = 100
#: Seconds that a page of rooms may take, where nearly all are closed to the caller.
LIST_SECONDS = 10.0


async def rooms_for(caller: Caller, *, limit: int, after: str = "") -> list[Begun]:
    """Rooms by name, from the one after `after` on. Raises OverloadedError."""
    if gate.known(caller) is not None:
        return await in_database(begun_list, KIND, limit=limit, after=after)
    try:
        async with asyncio.timeout(LIST_SECONDS):
            return await looked_through(caller, limit, after)
    except TimeoutError:
        raise OverloadedError("rooms") from None


async def looked_through(caller: Caller, limit: int, after: str) -> list[Begun]:
    """The same, where it has to be asked of each."""
    found: list[Begun] = []
    rows = await in_database(begun_list, KIND, limit=CHUNK, after=after)
    while rows and len(found) < limit:
        allowed = await allowed_of(caller, [row.name for row in rows])
        found += [row for row in rows if row.name in allowed]
        rows = await in_database(begun_list, KIND, limit=CHUNK, after=rows[-1].name)
    return found[:limit]


async def allowed_of(caller: Caller, names: Sequence[str]) -> set[str]:
    """Those of some rooms that a caller may enter. Raises OverloadedError."""
    found = await in_asking_lane(enterable, caller, names)
    if found is not None:
        return found
    asked = (ask_for_call(stream_of(name), caller) for name in names)
    rights = await asyncio.gather(*asked)
    return {name for name, known in zip(names, rights, strict=True) if known.enter}


def enterable(caller: Caller, names: Sequence[str]) -> set[str] | None:
    """The same, where few questions to the tables say it; else None. Blocking."""
    if gate.is_open():
        found = set(names)
    elif asks_members(gate.policy()):
        found = rooms_enterable(caller, names)
    else:
        return None
    banned = set() if caller.user_id is None else rooms_banned(caller)
    return set() if banned is None else found - banned
