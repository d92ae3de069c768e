"""What the HTTP calls of the endpoints share: who may call, how often, and names in paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, Field

from hubbub import conf
from hubbub.accounts.caller import who
from hubbub.accounts.caller_auth import CallerAuth, address_of, caller_of
from hubbub.errors import NotFoundError, UnauthenticatedError
from hubbub.journal.line import Sender, sender_of
from hubbub.limits.rates import check_rate, check_rates
from hubbub.wire.names import NAME, is_name

if TYPE_CHECKING:
    from django.http import HttpRequest

    from hubbub.accounts.caller import Caller
    from hubbub.conf import Settings

READING = ("GET", "HEAD", "OPTIONS")


def check_name(name: str) -> str:
    """The name itself. Raises NotFoundError for one that nothing can have."""
    if not is_name(name):
        raise NotFoundError("name")
    return name


#: A room's or a counter's name in a path; a Refusal passes through pydantic as it is.
Name = Annotated[
    str,
    AfterValidator(check_name),
    Field(json_schema_extra={"pattern": f"^{NAME.pattern}$"}),
]


class LimitedAuth(CallerAuth):
    """CallerAuth, and the rate limits: one of what reads, others of what writes.

    All before the body is read, so that bad ones count too, as they do on a socket.
    """

    #: Whether a caller may call no more often than one connection may speak.
    like_a_connection: ClassVar[bool] = True

    async def __call__(self, request: HttpRequest) -> Caller:
        """Find the caller. Raises RateLimitedError, and what `check_caller` does."""
        caller = await super().__call__(request)
        settings = conf.current()
        self.check_caller(caller, settings)
        address = address_of(request)
        if request.method in READING:
            check_read_rate(settings, caller, address)
            return caller
        if self.like_a_connection:
            check_caller_rate(settings, caller, address)
        check_rates(settings, caller.user_id, address)
        return caller

    def check_caller(self, caller: Caller, settings: Settings) -> None:
        """Raise UnauthenticatedError or ForbiddenError for one who may not call at all."""


class UserAuth(LimitedAuth):
    """LimitedAuth for those who are signed in, whatever the settings."""

    def check_caller(self, caller: Caller, settings: Settings) -> None:  # noqa: ARG002
        """Raise UnauthenticatedError for an anonymous one."""
        if caller.user_id is None:
            raise UnauthenticatedError("anonymous")


class EndpointAuth(UserAuth):
    """The same where the setting named here says so."""

    def __init__(self, requires_user: str) -> None:
        super().__init__()
        self._requires_user = requires_user

    def check_caller(self, caller: Caller, settings: Settings) -> None:
        """Raise UnauthenticatedError for an anonymous one where the setting says so."""
        if getattr(settings, self._requires_user):
            super().check_caller(caller, settings)


def sender_for(request: HttpRequest) -> Sender:
    """Whose turn it is where something of a call is to be stored."""
    return sender_of(who(caller_of(request), address_of(request)))


def check_caller_rate(settings: Settings, caller: Caller, address: str) -> None:
    """Count one more request of a user, or of all anonymous ones of an address.

    Each may call as often as one connection may speak. Raises RateLimitedError.
    """
    check_rate(settings.rate_limit, "http", *who(caller, address))


def check_read_rate(settings: Settings, caller: Caller, address: str) -> None:
    """Count one more read of a user, or of all anonymous ones of an address.

    Raises RateLimitedError.
    """
    check_rate(settings.rate_limit_reads, "read", *who(caller, address))
