"""From an ASGI scope to a Caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubbub.accounts.caller import ANONYMOUS, Caller, caller_from_user, user_key
from hubbub.accounts.credentials import Credential, Kind, credential_read
from hubbub.accounts.grant import Grant
from hubbub.accounts.sessions import session_user
from hubbub.accounts.tokens import token_find
from hubbub.crossing import in_database

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


async def identify(scope: Mapping[str, Any]) -> Caller:
    """Who speaks on a connection. One that shows no credential costs no database work.

    A `user` that another middleware put into the scope is not looked at: the order of the
    credentials decides. Raises UnauthenticatedError for a bad credential.
    """
    credential = credential_read(scope)
    if credential is None:
        return ANONYMOUS
    return await in_database(caller_find, credential=credential)


def caller_find(*, credential: Credential, now: datetime | None = None) -> Caller:
    """Look a credential up. Blocking. Raises UnauthenticatedError for a bad one."""
    if credential.kind is Kind.SESSION:
        user = session_user(key=credential.secret)
        if user is None:
            return ANONYMOUS
        return caller_from_user(user, Grant(Kind.SESSION, credential.secret, user_key(user)))
    token = token_find(secret=credential.secret, now=now)
    grant = Grant(Kind.TOKEN, token.digest, user_key(token.user), token.expires)
    return caller_from_user(token.user, grant)
