"""Who may store the first event of a stream, so that nobody makes rooms without end.

A caller at a door is asked; a project's own code is not. In a stream that is known to have begun
it costs nothing, and in another one question to the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub import conf
from hubbub.anew import forgotten_by
from hubbub.crossing import in_database
from hubbub.errors import ForbiddenError
from hubbub.journal.read import extent
from hubbub.limits.network import site_of
from hubbub.limits.rates import check_rate

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller
    from hubbub.conf import Begin

#: Streams that are known to have begun; the one that was found so longest ago is asked for anew.
STREAMS = 10_000

_begun: dict[str, None] = {}


async def check_beginning(
    stream: str, caller: Caller, address: str, allowed: Begin, *, may: bool = True
) -> None:
    """Let a caller store in a stream, also where nothing is yet.

    `may` is what a policy says of it, also of staff. Raises ForbiddenError for a caller whom that
    or the setting does not let begin one, RateLimitedError for one that has begun too many,
    DatabaseError where it cannot be known.
    """
    if stream in _begun or (may and caller.is_staff):
        return
    rate = conf.current().rate_limit_begin
    if may and allowed == "anyone" and rate is None:
        return
    if (await in_database(extent, stream)).last_seq:
        note_begun(stream)
        return
    if not may_begin(caller, allowed, may=may):
        raise ForbiddenError("begin")
    check_rate(rate, *beginner(caller, address))


def may_begin(caller: Caller, allowed: Begin, *, may: bool) -> bool:
    """Whether a caller may store the first event, as a policy and the setting have it."""
    known = caller.is_staff or allowed == "anyone"
    return may and (known or (allowed == "users" and caller.user_id is not None))


def beginner(caller: Caller, address: str) -> tuple[str, str, int | str]:
    """Who counts as one: a user, or all that is anonymous at one site."""
    if caller.user_id is None:
        return "begin", "site", site_of(address)
    return "begin", "user", caller.user_id


def note_begun(stream: str) -> None:
    """Remember that a stream has begun: none ever ends."""
    _begun[stream] = None
    if len(_begun) > STREAMS:
        _begun.pop(next(iter(_begun)), None)


def forget_begun() -> None:
    """Ask the table for each anew: another one is used from now on."""
    _begun.clear()


forgotten_by(forget_begun)
