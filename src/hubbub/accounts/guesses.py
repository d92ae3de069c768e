"""How often somebody may be wrong about a password."""

from __future__ import annotations

from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING
from unicodedata import normalize

from django.db import Error

from hubbub.conf import Rate
from hubbub.errors import OverloadedError, RateLimitedError
from hubbub.limits.ledger import shared_buckets
from hubbub.limits.network import network_of

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Wrong passwords that may come from one address: for one name, and for all names together.
FOR_NAME = Rate(10, 60)
FOR_ALL = Rate(100, 60)
#: What says nothing of the password.
NOT_TRIED = (RateLimitedError, OverloadedError, Error)


@contextmanager
def guess(*, address: str, username: str) -> Iterator[None]:
    """Try a password in the block; what is raised in it is a wrong one. Raises RateLimitedError.

    All count while they are tried, so that nobody is faster than the limit; then those that were
    right, or could not be tried, count no longer.
    """
    network = network_of(address)
    # The address first: who is over that limit fills the ledger with no names.
    with (
        counted(("guess", network), FOR_ALL),
        counted(("guess", network, normal_name(username)), FOR_NAME),
    ):
        yield


@contextmanager
def counted(key: tuple[str, ...], rate: Rate) -> Iterator[None]:
    """Take one of a bucket for the block, and keep it only for a wrong password."""
    wait = shared_buckets.take(key, rate.amount, rate.seconds, monotonic())
    if wait:
        raise RateLimitedError(wait)
    try:
        yield
    except NOT_TRIED:
        shared_buckets.give_back(key, rate.amount)
        raise
    shared_buckets.give_back(key, rate.amount)


def normal_name(username: str) -> str:
    """One name for all the spellings that a project may take for one account."""
    return normalize("NFKC", username).casefold().strip()
