"""From an ASGI scope to a Caller, by the setting `HUBBUB_AUTHENTICATION`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubbub import conf
from hubbub.accounts.authentication import ways_of
from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.accounts.credentials import Kind, credential_read
from hubbub.errors import UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubbub.accounts.ways import Way


async def identify(scope: Mapping[str, Any]) -> Caller:
    """Who speaks on a connection. One that shows nothing costs no database work.

    Raises UnauthenticatedError for a bad credential.
    """
    caller, _ = await known_by(scope)
    return caller


async def known_by(scope: Mapping[str, Any]) -> tuple[Caller, Way | None]:
    """As `identify`, and the way of the list that knows the caller."""
    ways = ways_of(conf.current().authentication)
    credential = credential_read(scope, bearer=ways.bearer)
    for way in ways.all:
        caller = await way.find(scope, credential)
        if caller is not None:
            return caller, way
    # A session may be one of nobody; a token or a ticket that nobody takes is bad.
    if credential is not None and credential.kind is not Kind.SESSION:
        raise UnauthenticatedError(f"unknown {credential.kind.value}")
    return ANONYMOUS, None
