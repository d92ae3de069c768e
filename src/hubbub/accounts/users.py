"""The project's users by their keys, whatever its user model is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.db.models.signals import post_delete
from django.dispatch import Signal

from hubbub.errors import InvalidFormatError, UnknownUserError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Sent once for each user of the project's that is deleted, with `user` and `using`.
user_deleted = Signal()
#: Integers that SQLite has as a key.
LARGEST_KEY = 2**63 - 1
#: Keys in one question: SQLite takes 999 values in its smallest build.
CHUNK = 500


def user_key(user: object, field: str) -> Any:
    """The key that is meant by a key, its text or a user. Blocks not.

    Raises InvalidFormatError, with the field, for what no user of the project can have as a key.
    """
    given = user.pk if isinstance(user, Model) else user
    try:
        key = get_user_model()._meta.pk.to_python(given)
    except (ValidationError, OverflowError):
        key = None
    too_large = isinstance(key, int) and abs(key) > LARGEST_KEY
    if key is None or too_large or "\0" in str(key):  # which PostgreSQL does not even look for
        raise InvalidFormatError(field=field)
    return key


def find_users(field: str, wanted: Sequence[object]) -> list[Any]:
    """The keys of these users, all of whom there are. Blocking. Raises UnknownUserError."""
    keys = {given: possible_key(given, field) for given in wanted}
    known = known_keys([key for key in keys.values() if key is not None])
    unknown = [given for given, key in keys.items() if key not in known]
    if unknown:
        raise UnknownUserError(field, unknown)
    return list(keys.values())


def possible_key(given: object, field: str) -> Any:
    """The key, or None for what can be none."""
    try:
        return user_key(given, field)
    except InvalidFormatError:
        return None


def known_keys(keys: Sequence[Any]) -> set[Any]:
    """Those keys that a user has."""
    users = get_user_model()._default_manager
    return {
        key
        for start in range(0, len(keys), CHUNK)
        for key in users.filter(pk__in=keys[start : start + CHUNK]).values_list("pk", flat=True)
    }


def tell_of_deleted() -> None:
    """Have `user_deleted` sent, once all models are loaded.

    By each model of users: heard of all models, Django would read each row before it deletes it,
    whatever it is of.
    """
    for model in apps.get_models():
        if issubclass(model, get_user_model()):
            post_delete.connect(tell_deleted, sender=model, dispatch_uid="hubbub.accounts.users")


def tell_deleted(instance: Any, using: str, **_: Any) -> None:
    """One was."""
    user_deleted.send(sender=type(instance), user=instance, using=using)
