"""Refusals that a project's own code raises: whether a client can be told of one."""

from __future__ import annotations

from hubbub.errors import Refusal
from hubbub.sockets.failures import error_frame

#: The keys of every error, at the one door or the other.
OWN = frozenset(("type", "status", "message", "code", "field", "retry_after", "id", "stream"))


def told_error(error: BaseException) -> BaseException:
    """What a project's code has raised; of a Refusal that cannot be told, why that is so."""
    try:
        if isinstance(error, Refusal):
            check_refusal(error)
    except Exception as odd:  # noqa: BLE001 - whatever its parts raise when they are written
        return odd
    return error


def check_refusal(refusal: Refusal) -> None:
    """Raise what says why a refusal cannot be told, such as TypeError."""
    if taken := OWN.intersection(refusal.details):
        raise TypeError(f"details has a key {min(taken)!r}, which every error has")
    error_frame(refusal)
