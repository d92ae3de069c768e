"""Which names belong to accounts, so that nobody anonymous speaks under one of them.

Answers are remembered for a while: one query a name, not one a message.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Any
from unicodedata import category, normalize

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models.signals import post_save

from hubbub.crossing import in_database

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds that an answer is good for; an account made in this process is known at once.
GOOD_FOR = 60.0
NAMES = 10_000
#: Control and format characters, such as a zero-width space.
INVISIBLE = ("Cc", "Cf")
#: What else Unicode has no shape for (Default_Ignorable_Code_Point), and the blank of Braille.
SHAPELESS = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0"
    r"\ufff0-\ufff8\U000e0000-\U000e0fff]"
)


def account_exists(name: str) -> bool:
    """Ask the database whether an account's name is one of the spellings. Blocking.

    One search in the index of names, as for a single spelling (0.2 ms). A comparison without regard
    to case would read them all: 6 ms of SQLite and 20 of PostgreSQL for 100,000 accounts.
    """
    users = get_user_model()
    named = {f"{users.USERNAME_FIELD}__in": spellings(name)}
    try:
        return users._default_manager.filter(**named).exists()
    except (ValueError, TypeError, ValidationError):  # a number or a UUID, which no name is
        return False


def spellings(name: str) -> set[str]:
    """The names of accounts for which a reader may take this one.

    The name itself, and as Django stores names (NFKC), without what cannot be seen; this in small
    letters, in capitals, and with capitals in front.
    """
    plain = plain_name(name)
    cases = (plain.lower(), plain.casefold(), plain.upper(), plain.capitalize(), plain.title())
    # A NUL is in no name, and PostgreSQL raises on one.
    return {spelling for spelling in (name, plain, *cases) if "\0" not in spelling}


def plain_name(name: str) -> str:
    """A name as Django stores it, without what cannot be seen."""
    shaped = SHAPELESS.sub("", name)
    visible = "".join(letter for letter in shaped if category(letter) not in INVISIBLE)
    return normalize("NFKC", visible).strip()


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
    """Forget what was known of an account's name, in its spellings, when it is saved."""
    if sender is not get_user_model():
        return
    username = instance.get_username()
    if isinstance(username, str):  # a project's accounts may be known by a number, or by nothing
        for name in spellings(username):
            names.forget(name)


post_save.connect(notice_account, dispatch_uid="hubbub.accounts.names")
