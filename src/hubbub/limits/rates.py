"""How often a user and an address may do something, over all doors of the process."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from hubbub.errors import RateLimitedError
from hubbub.limits.ledger import shared_buckets

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hubbub.conf import Rate, Settings


def check_rates(settings: Settings, user_id: int | str | None, address: str) -> None:
    """Count one more of a user and of an address: a socket's message or an HTTP request.

    Raises RateLimitedError.
    """
    if settings.rate_limit_user is not None and user_id is not None:
        check_rate(settings.rate_limit_user, "user", user_id)
    if settings.rate_limit_address is not None:
        check_rate(settings.rate_limit_address, "address", address)


def check_rate(rate: Rate | None, *key: Hashable) -> None:
    """Count one more of a key, of which the first part says in the log whose rate it is.

    Raises RateLimitedError.
    """
    if rate is not None:
        wait = shared_buckets.take(key, rate.amount, rate.seconds, monotonic())
        if wait:
            raise RateLimitedError(wait, str(key[0]))
