"""What callers over HTTP may, as it was found out a while ago."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from hubbub import conf
from hubbub.anew import forgotten_by
from hubbub.streams.gate import Who, ask, gates, who_is
from hubbub.wire.moment import seconds_until

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller
    from hubbub.streams.rights import Rights

#: Answers to callers over HTTP that are remembered; of more than these the oldest is asked again.
ANSWERS = 10_000


class Known(NamedTuple):
    """An answer to a caller over HTTP, and until when it is good (`time.monotonic`)."""

    rights: Rights
    good_until: float


_answers: dict[tuple[str, Who], Known] = {}
#: How many reviews there were: an answer that was asked for before one is not remembered after it.
_reviews = 0
forgotten_by(_answers.clear)


async def ask_for_call(stream: str, caller: Caller) -> Rights:
    """What a caller over HTTP may, as it was a while ago. Raises OverloadedError."""
    known = gates[stream.partition(":")[0]].known(caller)
    if known is not None:
        return known
    key, number = (stream, who_is(caller)), _reviews
    found = _answers.get(key)
    if found is not None and monotonic() < found.good_until:
        return found.rights
    rights = await ask(stream, caller)
    if number == _reviews:
        remember(key, rights)
    return rights


def remember(key: tuple[str, Who], rights: Rights) -> None:
    """Keep an answer as long as it is good."""
    seconds = conf.current().permission_seconds
    if rights.until is not None:
        seconds = min(seconds, seconds_until(datetime.fromisoformat(rights.until)))
    _answers.pop(key, None)
    _answers[key] = Known(rights, monotonic() + seconds)
    if len(_answers) > ANSWERS:
        _answers.pop(next(iter(_answers)), None)


def forget_answers(kind: str, name: str | None, user_id: int | str | None) -> None:
    """Ask again: of all streams of a kind or of one, of everybody or of one user."""
    global _reviews  # noqa: PLW0603 - only ever grows
    _reviews += 1
    for stream, who in tuple(_answers):
        if (
            stream.partition(":")[0] == kind
            and name in {None, stream.partition(":")[2]}
            and user_id in {None, who[0]}
        ):
            _answers.pop((stream, who), None)
