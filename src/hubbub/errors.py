"""The tree of errors: each has a documented sentence and becomes an answer at one place a door.

`sockets/failures.py` turns a Refusal into an error frame, `http/failures.py` into an HTTP answer.
Sentences and codes are the published API's, word for word.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from django.utils.functional import Promise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Recipients that are named in one answer, and sentences about a value.
NAMED = 20


class HubbubError(Exception):
    """Everything that Hubbub raises on purpose."""


class SettingError(HubbubError):
    """A setting has a value that cannot be used. The text names the setting."""


class Refusal(HubbubError):
    """A caller asked for something that it does not get; the connection lives on.

    `sentence` is what the caller is told, `code` its word for programs, `status` the HTTP answer.
    """

    sentence: ClassVar[str]
    code: ClassVar[str]
    status: ClassVar[int] = 400
    retry_after: float | None = None
    #: What the answer tells besides.
    details: Mapping[str, object] = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        """Raise TypeError for one that could not be told: a project may make its own."""
        for key in ("sentence", "code"):
            if not isinstance(getattr(cls, key, None), str | Promise):
                raise TypeError(f"{cls.__name__} has no `{key}`: a Refusal says it, as a text")
        if not (isinstance(cls.status, int) and 400 <= cls.status <= 599):  # noqa: PLR2004 - HTTP's
            raise TypeError(f"{cls.__name__}.status = {cls.status!r} is no answer that refuses")

    def __init__(self, why: str = "", *, field: str = "") -> None:
        """`why` is a word or two of ours for the log, where `code` says too little.

        `field` is the key of the request that is at fault, where it is one.
        """
        super().__init__(why)
        self.why = why or self.code
        self.field = field

    def __str__(self) -> str:
        return f"{self.sentence}: {self.field}" if self.field else str(self.sentence)


class InvalidJSONError(Refusal):
    """The bytes are not JSON, not UTF-8, or nest too deep."""

    sentence = "Invalid JSON format"
    code = "invalid_json"


class InvalidFormatError(Refusal):
    """JSON, but not an object, or with a key missing, unknown or of the wrong type."""

    sentence = "Invalid message format"
    code = "invalid_format"


class InvalidValueError(InvalidFormatError):
    """A project's own code, or a field of its model, does not take a value; `errors` says why."""

    def __init__(self, errors: Sequence[str], *, field: str = "") -> None:
        super().__init__("value", field=field)
        self.errors = list(errors[:NAMED])
        self.details = {"errors": self.errors}

    def __str__(self) -> str:
        return f"{super().__str__()}: {' '.join(self.errors)}"


class InvalidDataError(Refusal):
    """The `data` is no JSON object, longer than 16 KiB, or holds what JSON does not."""

    sentence = "Invalid data (a JSON object of at most 16 KiB)"
    code = "invalid_data"


class InvalidMessageError(Refusal):
    """The `message` is blank or longer than 1000 code points."""

    sentence = "Invalid message (max 1000 characters)"
    code = "invalid_message"


class OutOfRangeError(Refusal):
    """The counter would leave ±(2^53 - 1); nothing was changed."""

    sentence = "Counter out of range"
    code = "out_of_range"


class UnauthenticatedError(Refusal):
    """A credential is bad, or missing where one is asked for."""

    sentence = "Authentication required"
    code = "unauthenticated"
    status = 401


class TokenExpiredError(UnauthenticatedError):
    """The token was good once, until its time or its password ended; only its holder is told."""


class SessionEndedError(UnauthenticatedError):
    """The session is over, or its user is gone, inactive, or has another password."""


class ForbiddenError(Refusal):
    """The caller is known, and may not do this."""

    sentence = "Not allowed"
    code = "forbidden"
    status = 403


class SanctionedError(ForbiddenError):
    """The caller is muted or banned; `until` of the answer has the end, null for never."""

    def __init__(self, why: str = "", until: str | None = None) -> None:
        super().__init__(why)
        self.details = {"until": until}


class RateLimitedError(Refusal):
    """Over a rate limit; `retry_after` says in how many seconds there is room for one more."""

    sentence = "Rate limit exceeded"
    code = "rate_limited"
    status = 429

    def __init__(self, retry_after: float, why: str = "") -> None:
        super().__init__(why)
        self.retry_after = retry_after


class OverloadedError(Refusal):
    """A bounded queue is full: nothing was stored, and the same request may be sent again."""

    sentence = "Server is busy, try again"
    code = "overloaded"
    status = 503
    retry_after = 1.0


class NotFoundError(Refusal):
    """No such path, or a name that no room can have."""

    sentence = "Not found"
    code = "not_found"
    status = 404


class SubprotocolError(Refusal):
    """A client of the socket for many streams does not offer `hubbub.v1`."""

    sentence = "Subprotocol hubbub.v1 required"
    code = "subprotocol_required"


class NotSubscribedError(Refusal):
    """A request to a stream that the connection does not hear, or no longer."""

    sentence = "Not subscribed"
    code = "not_subscribed"


class TooManyError(Refusal):
    """The connection hears as many streams as it may."""

    sentence = "Too many streams"
    code = "too_many"


class UnknownUserError(Refusal):
    """A recipient that is no user's key; `unknown` of the answer has the first few of them."""

    sentence = "No such user"
    code = "unknown_user"

    def __init__(self, field: str = "", unknown: Sequence[object] = ()) -> None:
        super().__init__(field=field)
        self.details = {"unknown": list(unknown[:NAMED])}


class IdConflictError(Refusal):
    """The same sender used the same `id` in this stream for something else."""

    sentence = "This id was used for something else"
    code = "id_conflict"


class FailedError(Refusal):
    """A project's own code failed, and the client is not at fault; the log says at what."""

    sentence = "Internal error"
    code = "internal_error"
    status = 500
