"""Which names belong to accounts, so that nobody anonymous speaks under one of them.

Answers are remembered for a while: one query a name, not one a message.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from functools import lru_cache, partial
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any
from unicodedata import category, normalize

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import IntegerField
from django.db.models.signals import post_save

from hubbub import conf
from hubbub.accounts.lookalikes import cases, is_disguised, look_alikes, skeleton
from hubbub.accounts.shown import (
    DEFAULT,
    DIGITS,
    find_field,
    given,
    is_address,
    known_by_address,
    numbered,
    shown_name,
)
from hubbub.aftercommit import after_commit
from hubbub.anew import forgotten_by
from hubbub.crossing import in_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Seconds that an answer is good for; an account made in this process is known at once.
GOOD_FOR = 60.0
NAMES = 10_000
#: What a login alone saves of an account: it has its name already.
LOGIN = frozenset({"last_login"})
#: Of one name; whoever tries more has them looked up again.
SPELLINGS = 16
#: What is left alike when all is in small letters.
ALIKE = str.maketrans({"i": "l"})
#: In small letters; and the digits of a key that is too long for a column.
NUMBERED = re.compile(r"user ([0-9a-f]+)")
LONG = 19
#: Control and format characters, such as a zero-width space.
INVISIBLE = ("Cc", "Cf")
#: What else Unicode has no shape for (Default_Ignorable_Code_Point), and the blank of Braille.
SHAPELESS = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0"
    r"\ufff0-\ufff8\U000e0000-\U000e0fff]"
)


def name_taken(name: str) -> bool:
    """Whether nobody anonymous may have a name: an account's, or one that hides its letters."""
    return is_disguised(name) or account_exists(name)


def account_exists(name: str) -> bool:
    """Ask the database whether an account is called, or shown, in one of the spellings. Blocking.

    One search in the index of names, as for a single spelling (0.2 ms). A comparison without regard
    to case would read them all: 6 ms of SQLite and 20 of PostgreSQL for 100,000 accounts.
    Where accounts are known by their addresses, an address is nobody's to speak under: to look it
    up would tell which exist.
    """
    if known_by_address() and is_address(name):
        return True
    found = spellings(name)
    if not given.keys().isdisjoint(found):
        return True
    return any(accounts_have(field, found) for field in names_fields()) or is_number_of(found)


def names_fields() -> Iterator[str]:
    """The fields in which names of accounts stand: that of the login, and that of the setting."""
    users, setting = get_user_model(), conf.current().shown_name
    yield users.USERNAME_FIELD
    if setting not in {DEFAULT, users.USERNAME_FIELD} and find_field(setting) is not None:
        yield setting


def accounts_have(field: str, values: set[str]) -> bool:
    """Whether an account has one of these in a field."""
    try:
        return get_user_model()._default_manager.filter(**{f"{field}__in": values}).exists()
    except (ValueError, TypeError, ValidationError):  # a number or a UUID, which no name is
        return False


def is_number_of(names: set[str]) -> bool:
    """Whether one of some names is what stands in place of an account's address."""
    keys = {match[1] for one in names if (match := NUMBERED.fullmatch(one.casefold()))}
    if not keys:
        return False
    users = get_user_model()
    if not isinstance(users._meta.pk, IntegerField):
        return any(len(key) == DIGITS for key in keys)  # a digest cannot be looked up
    numbers = {int(key) for key in keys if key.isdecimal() and len(key) < LONG}
    rows = users._default_manager.filter(pk__in=numbers)
    return any(shown_name(user) == numbered(user.pk) for user in rows)


def spellings(name: str) -> set[str]:
    """The names of accounts for which a reader may take this one.

    The name itself, and as Django stores names (NFKC), without what cannot be seen; this and what
    it looks like in small letters, in capitals, and with capitals in front.
    """
    plain = plain_name(name)
    found = {name, plain.casefold(), *cases(plain), *look_alikes(plain)}
    # A NUL is in no name, and PostgreSQL raises on one.
    return {spelling for spelling in found if "\0" not in spelling}


def plain_name(name: str) -> str:
    """A name as Django stores it, without what cannot be seen."""
    shaped = SHAPELESS.sub("", name)
    visible = "".join(letter for letter in shaped if category(letter) not in INVISIBLE)
    return normalize("NFKC", visible).strip()


@lru_cache(maxsize=NAMES)
def folded(name: str) -> str:
    """One key for a name in whatever case, however it is written.

    In capitals first: `\u0131`, a dotless i, is an `I` there, and no other letter in small ones.
    """
    return normalize("NFKC", plain_name(name).upper().casefold())


@lru_cache(maxsize=NAMES)
def read_as(name: str) -> str:
    """One key for a name and all for which a reader may take it.

    But for letters that are like one as capitals and like another as small ones, such as Greek's N
    and v: what is remembered of those names lasts until it is looked up anew.
    """
    small = skeleton(skeleton(plain_name(name)).lower()).lower()
    return normalize("NFKC", small.upper().casefold()).translate(ALIKE)


class NameBook:
    """What is known of at most `NAMES` names, in at most `SPELLINGS` of each. From any thread."""

    def __init__(
        self, ask: Callable[[str], bool] = name_taken, clock: Callable[[], float] = monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._answers: OrderedDict[str, dict[str, tuple[float, bool]]] = OrderedDict()
        self._forgotten = 0
        self._lock = Lock()

    def recall(self, name: str) -> bool | None:
        """Whether an account has this name, or None if it must be looked up."""
        answers = self._answers.get(read_as(name))
        answer = None if answers is None else answers.get(name)
        return None if answer is None or answer[0] < self._clock() else answer[1]

    async def look_up(self, name: str) -> bool:
        """Find out, off the loop. Raises DatabaseError while the database is away."""
        forgotten = self._forgotten
        taken = await in_database(self._ask, name)
        with self._lock:
            # The account may have been made after the question.
            if forgotten == self._forgotten:
                self._remember(name, taken)
        return taken

    def _remember(self, name: str, taken: bool) -> None:  # noqa: FBT001 - an answer, no option
        key = read_as(name)
        answers = self._answers.pop(key, {})
        if len(answers) >= SPELLINGS:
            answers.clear()
        answers[name] = (self._clock() + GOOD_FOR, taken)
        self._answers[key] = answers
        if len(self._answers) > NAMES:
            self._answers.popitem(last=False)

    def forget(self, name: str) -> None:
        """Look the name up anew at its next use, in whatever spelling."""
        with self._lock:
            self._forgotten += 1
            for key in {read_as(spelling) for spelling in spellings(name)}:
                self._answers.pop(key, None)

    def clear(self) -> None:
        """Look every name up anew. Waits for no lock, as its holder may not be there."""
        self._forgotten += 1
        self._answers, self._lock = OrderedDict(), Lock()


names = NameBook()
forgotten_by(names.clear)


def notice_account(sender: Any, instance: Any, using: str, **kwargs: object) -> None:
    """Forget what was known of an account's name when it is saved.

    Once more when that is committed: until then the database knows nothing of it elsewhere.
    """
    if not issubclass(sender, get_user_model()) or kwargs.get("update_fields") == LOGIN:
        return
    username = instance.get_username()
    if isinstance(username, str):  # a project's accounts may be known by a number, or by nothing
        forget_names(username, instance)
        after_commit(partial(forget_names, username, instance), using)


def forget_names(username: str, account: Any) -> None:
    """Look an account's names up anew: that of its login, and the one that is shown."""
    for name in {username, shown_name(account)} if account.pk is not None else {username}:
        names.forget(name)


post_save.connect(notice_account, dispatch_uid="hubbub.accounts.names")
