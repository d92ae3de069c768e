"""The users from whom something is taken, as this process knows them for a while.

Most have had nothing taken from them: of these no table has to be asked when they come.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from hubbub import conf
from hubbub.anew import forgotten_by
from hubbub.wire.keys import write_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubbub.accounts.caller import Caller

#: Users that are remembered; where there are more, the table is asked about each who comes.
USERS = 10_000


class Sanctioned:
    """Their keys as text, as long as they are good. From any thread."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Be as a new process has it."""
        self._lock = Lock()
        self.forget()

    def forget(self) -> None:
        """Something has changed: know nothing, also by a look that has begun before."""
        with self._lock:
            self._changes = object()
            self._users: frozenset[str] | None = None
            self._good_until = 0.0

    def spares(self, caller: Caller) -> bool:
        """Whether a caller is known to have had nothing taken."""
        users = self._users
        if users is None or monotonic() >= self._good_until:
            return False
        return write_key(caller.user_id) not in users

    def look(self, ask: Callable[[int], Sequence[str]]) -> None:
        """Ask for at most so many of them, where they are not known. Blocking.

        That there are more is known as long: then nobody is spared.
        """
        if monotonic() < self._good_until:
            return
        changes, good_until = self._changes, monotonic() + conf.current().permission_seconds
        found = ask(USERS + 1)
        with self._lock:
            if changes is self._changes:
                self._users = frozenset(found) if len(found) <= USERS else None
                self._good_until = good_until


sanctioned = Sanctioned()
forgotten_by(sanctioned.begin)
