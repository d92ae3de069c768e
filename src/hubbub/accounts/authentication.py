"""The setting `HUBBUB_AUTHENTICATION`, read: names of ours and dotted paths of a project's own."""

from __future__ import annotations

from functools import lru_cache
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, NamedTuple

from django.utils.module_loading import import_string

from hubbub.accounts.ways import OwnWay, SessionWay, TicketWay, TokenWay, UserWay
from hubbub.errors import SettingError

if TYPE_CHECKING:
    from hubbub.accounts.ways import Way

OURS = ("token", "jwt", "user", "session")


class Ways(NamedTuple):
    """Tickets and the list, and whether any of it takes bearer tokens."""

    all: tuple[Way, ...]
    bearer: bool


@lru_cache(maxsize=8)
def ways_of(names: tuple[str, ...]) -> Ways:
    """The ways of a list. Raises SettingError for an entry that is none."""
    ways = [way_of(name, names) for name in names]
    return Ways((TicketWay(), *ways), any(way.bearer for way in ways))


def way_of(name: str, names: tuple[str, ...]) -> Way:
    """One entry. Raises SettingError."""
    try:
        return make_way(name, names)
    except SettingError as error:
        raise SettingError(f"HUBBUB_AUTHENTICATION: {error}") from error.__cause__


def make_way(name: str, names: tuple[str, ...]) -> Way:
    """The same; what is raised does not name the setting."""
    if name == "token":
        return TokenWay()
    if name == "user":
        return UserWay(sessions="session" not in names)
    if name == "jwt":
        return jwt_way()
    return SessionWay() if name == "session" else own_way(name)


def jwt_way() -> Way:
    """The one for which PyJWT is needed. Raises SettingError without it, and for its settings."""
    try:
        from hubbub.accounts.jwt_way import JwtWay  # noqa: PLC0415 - only where it is asked for
    except ModuleNotFoundError:
        raise SettingError("jwt: pip install 'hubbub[jwt]'") from None
    return JwtWay()


def own_way(path: str) -> Way:
    """A project's own: an object, or a class that is called without arguments."""
    if "." not in path:
        raise SettingError(f"{path!r} is none of {', '.join(OURS)}, nor a dotted path")
    try:
        own = import_string(path)
        own = own() if isinstance(own, type) else own
    except Exception as error:
        raise SettingError(f"{path}: {error}") from error
    if not iscoroutinefunction(getattr(own, "authenticate", None)):
        raise SettingError(f"{path} has no `async def authenticate(scope)`")
    return OwnWay(own)
