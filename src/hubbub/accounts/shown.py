"""How a signed-in user is shown to others: by the setting `HUBBUB_SHOWN_NAME`.

An e-mail address is shown to nobody, unless the setting names the very field that has it. In place
of one stands the user's number, or a digest of a key that is none.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from unicodedata import category, normalize

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import EmailField
from django.utils.module_loading import import_string

from hubbub import conf
from hubbub.anew import forgotten_by
from hubbub.observe.events import NAME_FAILED
from hubbub.observe.report import report

if TYPE_CHECKING:
    from django.db.models import Field

#: Characters of a name that are shown, and stored beside what is said.
LONGEST = 150
#: Hex digits that stand for a key which is no number.
DIGITS = 8
ADDRESS = re.compile(r"[^@\s]@[^@\s]+\.[^@\s]")
#: Control characters and halves of pairs.
UNWRITABLE = ("Cc", "Cs")
DEFAULT = "get_username"

#: Names that a project's own code gave, as long as the process lives: the newest of them.
NAMES = 100_000
given: dict[str, None] = {}
forgotten_by(given.clear)


def shown_name(user: Any) -> str:
    """The name of a user, of whatever class. Blocking, as a project's own code may be."""
    setting = conf.current().shown_name
    try:
        name = written(named(user, setting))
    except Exception as error:  # noqa: BLE001 - a project's own code keeps nobody out
        report(NAME_FAILED, type(error).__name__, error=error)
        name = ""
    if not name or (not shows_addresses() and is_address_of(name, user)):
        return numbered(user.pk)
    if setting != DEFAULT:
        note(name)
    return name


def note(name: str) -> None:
    """Remember what a project's own code made of a user, as no table can be asked for it."""
    given[name] = None
    if len(given) > NAMES:
        given.pop(next(iter(given)), None)


def named(user: Any, setting: str) -> object:
    """What the setting says of a user: a function's answer, an attribute's or a method's."""
    if "." in setting:
        return import_string(setting)(user)
    value = getattr(user, setting)
    return value() if callable(value) else value


def written(name: object) -> str:
    """A name as it can be stored and shown on one line, of at most `LONGEST` characters."""
    text = "" if name is None else str(name)
    return "".join(one for one in text if category(one) not in UNWRITABLE).strip()[:LONGEST]


def stored_name(name: str, user_id: object) -> str:
    """A name as it is shown that was stored, perhaps under another setting."""
    if user_id is None or name.isalnum() or shows_addresses() or not is_address(name):
        return name
    return numbered(user_id)


def shown_id(user_id: int | str | None) -> int | str | None:
    """A user's key as others see it: none, where addresses are keys."""
    if not isinstance(user_id, str) or shows_addresses() or not is_address(user_id):
        return user_id
    return None


def numbered(user_id: object) -> str:
    """What stands in place of an address."""
    if isinstance(user_id, int):
        return f"User {user_id}"
    return f"User {hashlib.sha256(str(user_id).encode()).hexdigest()[:DIGITS]}"


def is_address_of(name: str, user: Any) -> bool:
    """Whether a name is an e-mail address, or the user's own, however it is written."""
    field = getattr(user, "EMAIL_FIELD", "email")
    own = str(getattr(user, field, None) or "")
    return is_address(name) or ("@" in name and name.casefold() == own.casefold())


def is_address(name: str) -> bool:
    """Whether a name is read as an e-mail address, or has one in it."""
    return ADDRESS.search(normalize("NFKC", name)) is not None


def shows_addresses() -> bool:
    """Whether the setting names a field by which addresses are asked for."""
    return has_addresses(conf.current().shown_name)


@lru_cache(maxsize=8)
def has_addresses(setting: str) -> bool:
    """Whether a setting is the name of a field in which addresses may stand."""
    users = get_user_model()
    field = find_field(setting)
    named_so = {users.USERNAME_FIELD, getattr(users, "EMAIL_FIELD", "email")}
    return field is not None and (setting in named_so or isinstance(field, EmailField))


def known_by_address() -> bool:
    """Whether the project's users sign in with their e-mail addresses."""
    users = get_user_model()
    address = getattr(users, "EMAIL_FIELD", None)
    name = users.USERNAME_FIELD
    return name == address or isinstance(find_field(name), EmailField)


def find_field(name: str) -> Field[Any, Any] | None:
    """A column of the project's user model."""
    try:
        field = get_user_model()._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if field.concrete else None
