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
from django.core.exceptions import ValidationError
from django.utils.crypto import constant_time_compare

from hubbub.errors import SessionEndedError

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    if user is None or not user.is_active or not hash_verified(user, data):
        raise SessionEndedError
    return user


def session_load(key: str) -> Mapping[str, Any]:
    """What a session holds. Raises SessionEndedError if there is none."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(key)
    data: Mapping[str, Any] = store.load()
    # A store that found nothing drops its key; the signed cookies make a new session instead.
    if store.session_key is None or store.modified:
        raise SessionEndedError
    return data


def backend_user(data: Mapping[str, Any]) -> AbstractBaseUser | None:
    """The user whom the session's own backend knows, if that is still in the settings."""
    path = data[BACKEND_SESSION_KEY]
    if path not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        user_id = get_user_model()._meta.pk.to_python(data[SESSION_KEY])
    except ValidationError:  # the key's type has changed since
        return None
    user: AbstractBaseUser | None = load_backend(path).get_user(user_id)
    return user


def hash_verified(user: AbstractBaseUser, data: Mapping[str, Any]) -> bool:
    """Whether the session was made under the password that the user has now.

    Old keys in SECRET_KEY_FALLBACKS count. A user model without such a hash passes, as in Django.
    """
    if not hasattr(user, "get_session_auth_hash"):
        return True
    shown = data.get(HASH_SESSION_KEY) or ""
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(shown, known) for known in hashes)
