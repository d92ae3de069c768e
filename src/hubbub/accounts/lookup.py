"""Looking up a credential of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.accounts.caller import ANONYMOUS, Caller, caller_from_user, user_key
from hubbub.accounts.credentials import Credential, Kind
from hubbub.accounts.grant import Grant
from hubbub.accounts.sessions import session_user
from hubbub.accounts.tokens import token_find

if TYPE_CHECKING:
    from datetime import datetime


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
