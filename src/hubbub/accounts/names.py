"""Which names belong to accounts, so that nobody anonymous speaks under one of them.

Answers are remembered for a while: one query a name, not one a message.
"""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models.signals import post_save

from hubbub.crossing import in_database

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds that an answer is good for; an account made in this process is known at once.
GOOD_FOR = 60.0
NAMES = 10_000


def account_exists(name: str) -> bool:
    """Ask the database. Blocking."""
    if "\0" in name:  # in no name, and PostgreSQL raises on one
        return False
    users = get_user_model()
    return users.objects.filter(**{users.USERNAME_FIELD: name}).exists()


class NameBook:
    """What is known of at most `NAMES` names."""

    def __init__(
        self, ask: Callable[[str], bool] = account_exists, clock: Callable[[], float] = monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._answers: OrderedDict[str, tuple[float, bool]] = OrderedDict()

    def recall(self, name: str) -> bool | None:
        """Whether an account has this name, or None if it must be looked up."""
        answer = self._answers.get(name)
        if answer is None or answer[0] < self._clock():
            return None
        return answer[1]

    async def look_up(self, name: str) -> bool:
        """Find out, off the loop. Raises DatabaseError while the database is away."""
        taken = await in_database(self._ask, name)
        self._answers[name] = (self._clock() + GOOD_FOR, taken)
        self._answers.move_to_end(name)
        if len(self._answers) > NAMES:
            self._answers.popitem(last=False)
        return taken

    def forget(self, name: str) -> None:
        """Look the name up anew at its next use."""
        self._answers.pop(name, None)


names = NameBook()


def notice_account(sender: Any, instance: Any, **_: object) -> None:
    """Forget what was known of an account's name when it is saved."""
    if sender is get_user_model():
        names.forget(instance.get_username())


post_save.connect(notice_account, dispatch_uid="hubbub.accounts.names")
