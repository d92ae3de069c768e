"""`jwt`: a token that others sign, for a user of this project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DataError

from hubbub import conf
from hubbub.accounts.credentials import PREFIX, Credential, Kind
from hubbub.accounts.jwks import key_set
from hubbub.accounts.jwt_rules import LONGEST, end_of, read_claims, read_header, rules
from hubbub.accounts.ways import caller_find_user
from hubbub.crossing import in_database
from hubbub.errors import SettingError, UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Field

    from hubbub.accounts.caller import Caller
    from hubbub.conf import Settings

#: Dots of a signed token (RFC 7515 section 7.1); an encrypted one has more.
DOTS = 2


class JwtWay:
    """See `ways.py`. Its settings are checked when it is made, and looked at anew each time."""

    bearer = True
    csrf = False

    def __init__(self) -> None:
        """Raises SettingError."""
        rules(conf.current())
        user_field(conf.current().jwt_field)

    async def find(self, scope: Mapping[str, Any], credential: Credential | None) -> Caller | None:  # noqa: ARG002
        """The user whom a claim names. What is no token of that shape is left to other ways."""
        if credential is None or credential.kind is not Kind.TOKEN:
            return None
        token = credential.secret
        if token.startswith(PREFIX) or token.count(".") != DOTS:
            return None
        if len(token) > LONGEST:
            raise UnauthenticatedError("long token")
        settings = conf.current()
        known = rules(settings)
        kid = read_header(token, known.algorithms)
        keys = known.keys
        if known.address is not None:
            keys = ((await key_set(known.address).find(kid)).key,)
        return await in_database(caller_of_token, token, keys, settings)


def caller_of_token(token: str, keys: tuple[Any, ...], settings: Settings) -> Caller | None:
    """The caller of a token that one of the keys has signed. Blocking.

    Raises UnauthenticatedError, also where the project has no such user.
    """
    claims = read_claims(token, keys, settings)
    user = user_of(claims[settings.jwt_claim], settings.jwt_field)
    end = end_of(claims, settings.jwt_leeway)
    return caller_find_user(user, expires=end, kind=Kind.JWT)


def user_of(value: object, name: str) -> Any:
    """The one user who has this in a field. Raises UnauthenticatedError for none, or several."""
    if isinstance(value, bool) or not isinstance(value, str | int) or "\0" in str(value):
        raise UnauthenticatedError("claim of the user")
    field = user_field(name)
    try:
        key = field.to_python(value)
        # A number may be written in many ways, of which one is meant.
        if isinstance(key, int) and str(key) != str(value):
            raise UnauthenticatedError("claim of the user")
        found = list(get_user_model()._default_manager.filter(**{field.name: key})[:2])
    except (ValidationError, ValueError, OverflowError, DataError):
        found = []
    if len(found) != 1:
        raise UnauthenticatedError("unknown user")
    return found[0]


def user_field(name: str) -> Field[Any, Any]:
    """A column of the user model. Raises SettingError for one that cannot tell two users apart."""
    meta = get_user_model()._meta
    try:
        field: Any = meta.pk if name == "pk" else meta.get_field(name)
    except FieldDoesNotExist:
        raise SettingError(f"jwt: HUBBUB_JWT_FIELD: a user has no {name!r}") from None
    alone = [constraint.fields for constraint in meta.total_unique_constraints]
    if not getattr(field, "unique", False) and (name,) not in alone:
        raise SettingError(f"jwt: HUBBUB_JWT_FIELD: {name!r} is not unique among users")
    found: Field[Any, Any] = field
    return found
