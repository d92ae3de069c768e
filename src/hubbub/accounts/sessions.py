"""Django sessions, read without a request.

`django.contrib.auth.get_user` is not used: it deletes a session that it cannot verify and moves one
that an old SECRET_KEY signed to a new key, and a socket cannot give the browser a new cookie.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.contrib.sessions.backends.cached_db import SessionStore as CachedTableStore
from django.contrib.sessions.backends.db import SessionStore as TableStore
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from hubbub.accounts.passwords import has_password, password_hashes
from hubbub.errors import SessionEndedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.contrib.auth.models import AbstractBaseUser


def session_user(*, key: str) -> AbstractBaseUser | None:
    """The user who is signed in to a session, None if nobody is. Blocking.

    Raises SessionEndedError if there is no such session (any more), or if its user is gone,
    inactive, or has changed the password since.
    """
    data = session_load(key)
    if SESSION_KEY not in data or BACKEND_SESSION_KEY not in data:
        return None
    user = backend_user(data)
    if user is None or not user_verified(user, data):
        raise SessionEndedError("inactive user or changed password")
    return user


def session_load(key: str) -> Mapping[str, Any]:
    """What a session holds. Raises SessionEndedError if there is none."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(key)
    data: Mapping[str, Any] = store.load()
    # A store that found nothing drops its key; the signed cookies make a new session instead.
    if store.session_key is None or store.modified:
        raise SessionEndedError("unknown session")
    return data


def sessions_load(keys: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What those of some sessions hold that still exist. Blocking.

    Django's table is asked in one query, also behind a cache; other stores, which may have ways of
    their own to keep a session, are asked for one after the other.
    """
    engine = import_module(settings.SESSION_ENGINE).SessionStore
    if engine not in (TableStore, CachedTableStore):
        return {key: data for key in keys if (data := session_find(key)) is not None}
    rows = engine.get_model_class().objects.filter(
        session_key__in=keys, expire_date__gt=timezone.now()
    )
    return {row.session_key: engine().decode(row.session_data) for row in rows}


def session_find(key: str) -> Mapping[str, Any] | None:
    """As `session_load`, None if there is none."""
    try:
        return session_load(key)
    except SessionEndedError:
        return None


def backend_user(data: Mapping[str, Any]) -> AbstractBaseUser | None:
    """The user whom the session's own backend knows, if that is still in the settings."""
    path, user_id = data[BACKEND_SESSION_KEY], stored_user_id(data)
    if path not in settings.AUTHENTICATION_BACKENDS or user_id is None:
        return None
    user: AbstractBaseUser | None = load_backend(path).get_user(user_id)
    return user


def stored_user_id(data: Mapping[str, Any]) -> Any:
    """The primary key of a session's user, None where it cannot be one (any more)."""
    try:
        return get_user_model()._meta.pk.to_python(data[SESSION_KEY])
    except ValidationError:  # the key's type has changed since
        return None


def user_verified(user: AbstractBaseUser, data: Mapping[str, Any]) -> bool:
    """Whether a session's user may still use it."""
    return user.is_active and hash_verified(user, data)


def hash_verified(user: AbstractBaseUser, data: Mapping[str, Any]) -> bool:
    """Whether the session was made under the password that the user has now.

    Old keys in SECRET_KEY_FALLBACKS count. A user model without such a hash passes, as in Django.
    """
    if not has_password(user):
        return True
    shown = data.get(HASH_SESSION_KEY) or ""
    return any(constant_time_compare(shown, known) for known in password_hashes(user))
