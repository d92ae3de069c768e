"""How often somebody may be wrong about a password."""

from __future__ import annotations

from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from django.db import Error

from hubbub.accounts.familiar import Familiar
from hubbub.accounts.names import folded
from hubbub.accounts.strikes import Strikes
from hubbub.anew import forgotten_by
from hubbub.conf import Rate
from hubbub.errors import OverloadedError, RateLimitedError
from hubbub.limits.ledger import Buckets
from hubbub.limits.network import network_of, site_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Wrong passwords that may come from one address: for one name, and for all names together; and
#: from all addresses of IPv6 that one site may have.
FOR_NAME = Rate(10, 60)
FOR_ALL = Rate(100, 60)
FOR_SITE = Rate(400, 60)
#: What says nothing of the password.
NOT_TRIED = (RateLimitedError, OverloadedError, Error)


class Guesses:
    """What is remembered of wrong passwords, and of where right ones came from.

    In ledgers of its own: no other traffic pushes anything out, and only a password that was tried,
    and was wrong, takes a place in them.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self.buckets = Buckets()
        self.strikes = Strikes()
        self.familiar = Familiar()

    @contextmanager
    def guess(self, *, address: str, username: str) -> Iterator[None]:
        """Try a password in the block; what is raised in it is a wrong one.

        Raises RateLimitedError. All count while they are tried, so that nobody is faster than the
        limit; then those that were right, or could not be tried, count no longer.
        """
        # Of all spellings that a project may take for one account, one.
        network, account = network_of(address), folded(username)
        # The address first: who is over that limit fills the ledger with no names.
        with (
            self._counted(("site", site_of(address)), FOR_SITE),
            self._counted(("address", network), FOR_ALL),
            self._counted(("name", network, account), FOR_NAME),
            self._struck(account, network),
        ):
            yield
        self.familiar.add(account, network)

    @contextmanager
    def _counted(self, key: tuple[str, ...], rate: Rate) -> Iterator[None]:
        """Take one of a bucket for the block, and keep it only for a wrong password."""
        wait = self.buckets.take(key, rate.amount, rate.seconds, self._clock())
        if wait:
            raise RateLimitedError(wait, f"wrong passwords of a {key[0]}")
        try:
            yield
        except NOT_TRIED:
            self.buckets.give_back(key, rate.amount)
            raise
        self.buckets.give_back(key, rate.amount)

    @contextmanager
    def _struck(self, account: str, network: str) -> Iterator[None]:
        """Count one more of the account for the block, likewise.

        From an address where it has signed in before it counts apart: whatever others do
        elsewhere, its owner need not wait there.
        """
        key = (account, network) if self.familiar.knows(account, network) else (account,)
        wait = self.strikes.take(key, self._clock())
        if wait:
            raise RateLimitedError(wait, "wrong passwords of an account")
        try:
            yield
        except NOT_TRIED:
            self.strikes.give_back(key)
            raise
        self.strikes.give_back(key)


guesses = Guesses()
forgotten_by(guesses.clear)
