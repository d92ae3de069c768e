"""From where accounts have signed in, as long as the process lives."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

#: Accounts that are remembered, and addresses of each; the one used longest ago is forgotten.
ACCOUNTS = 100_000
ADDRESSES = 16


class Familiar:
    """The network addresses by account: who knows the password puts one in. From any thread."""

    def __init__(self, accounts: int = ACCOUNTS) -> None:
        self._accounts = accounts
        self._addresses: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        self._lock = Lock()

    def add(self, account: str, address: str) -> None:
        """An account has signed in from there."""
        with self._lock:
            known = self._addresses.pop(account, None) or OrderedDict()
            known.pop(address, None)
            known[address] = None
            if len(known) > ADDRESSES:
                known.popitem(last=False)
            self._addresses[account] = known
            if len(self._addresses) > self._accounts:
                self._addresses.popitem(last=False)

    def knows(self, account: str, address: str) -> bool:
        """Whether it ever has."""
        return address in self._addresses.get(account, ())
