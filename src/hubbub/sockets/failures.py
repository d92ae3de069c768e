"""The one place where a refusal becomes a frame, a close or the HTTP answer to a handshake."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from hubbub.accounts.origins import host_asked, read_header
from hubbub.errors import (
    HubbubError,
    RateLimitedError,
    Refusal,
    SessionEndedError,
    TokenExpiredError,
    UnauthenticatedError,
)
from hubbub.fanout.frame import make_frame
from hubbub.observe.events import HANDSHAKE_REFUSED
from hubbub.observe.report import report
from hubbub.wire.closes import SESSION_ENDED, TOKEN_EXPIRED, TOO_BIG, UNAUTHENTICATED
from hubbub.wire.codec import decode, encode, is_longer
from hubbub.wire.names import ID_LENGTH, STREAM_LENGTH
from hubbub.wire.plain import encode_plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from hubbub.wire.closes import Close

    Send = Callable[[dict[str, Any]], Awaitable[None]]

#: The goodbye to a credential that was good once; every other bad one gets UNAUTHENTICATED.
ENDINGS: dict[type[UnauthenticatedError], Close] = {
    TokenExpiredError: TOKEN_EXPIRED,
    SessionEndedError: SESSION_ENDED,
}


#: Characters of a frame up to which it is looked into although it is refused for its rate: those
#: of any message with an `id`, and 5 µs of work.
LOOKED_INTO = 4096


class HangUp(HubbubError):
    """An endpoint ends the connection; `refusal`, if any, is told first."""

    def __init__(self, close: Close, refusal: Refusal | None = None) -> None:
        super().__init__(close.reason)
        self.close = close
        self.refusal = refusal


def check_size(payload: str | bytes, limit: int) -> None:
    """Raise HangUp for a message that is too long.

    Our own server has refused it before; this is for the others. A character is four bytes at
    most, so that only long texts need to be measured.
    """
    if 4 * len(payload) > limit and is_longer(payload, limit):
        raise HangUp(TOO_BIG)


def not_signed_in(refusal: UnauthenticatedError) -> HangUp:
    """The goodbye with 4401, and in its reason what became of the credential."""
    return HangUp(ENDINGS.get(type(refusal), UNAUTHENTICATED), refusal)


def error_frame(refusal: Refusal, payload: str | bytes = b"", stream: str = "") -> bytes:
    """The error frame for what `payload` asked; its `id` comes back, and its `stream`.

    Not those of a long frame that is refused for its rate. `stream` is that of an error which
    answers no request.
    """
    body: dict[str, Any] = {
        "type": "error",
        "message": refusal.sentence,
        "code": refusal.code,
    }
    unread = isinstance(refusal, RateLimitedError) and len(payload) > LOOKED_INTO
    body |= {"stream": stream} if stream else {}
    body |= {} if unread else read_asked(payload)
    if refusal.field:
        body["field"] = refusal.field
    if refusal.retry_after is not None:
        body["retry_after"] = math.ceil(refusal.retry_after * 1000) / 1000
    body |= refusal.details
    return make_frame(encode_plain(body))


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What an error tells of the request that it answers."""

    id: Any = None
    stream: Any = None


_decoder = msgspec.json.Decoder(Asked)


def read_asked(payload: str | bytes) -> dict[str, str]:
    """The `id` and the `stream` of a refused request, where they could have been answered."""
    try:
        asked = decode(_decoder, payload)
    except Refusal:
        return {}
    longest = {"id": ID_LENGTH, "stream": STREAM_LENGTH}
    given = {key: getattr(asked, key) for key in longest}
    return {
        key: text
        for key, text in given.items()
        if isinstance(text, str) and 0 < len(text) <= longest[key]
    }


def peer_of(scope: Mapping[str, Any]) -> str:
    """The address that a connection comes from, empty for a Unix socket."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def report_handshake(why: str, status: int, scope: Mapping[str, Any]) -> None:
    """Log a refused handshake, with the two names that must fit: the page's and the one asked."""
    header = partial(read_header, scope)
    report(
        HANDSHAKE_REFUSED,
        why,
        status=status,
        path=scope["path"],
        origin=header("origin"),
        host=host_asked(header) or None,
        address=peer_of(scope),
    )


async def refuse_handshake(scope: dict[str, Any], send: Send, refusal: Refusal) -> None:
    """Answer a handshake with JSON and the refusal's status; a bare 403 where a server cannot."""
    report_handshake(refusal.why, refusal.status, scope)
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1000})
        return
    body = encode({"status": "error", "message": refusal.sentence})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if refusal.retry_after is not None:
        headers.append((b"retry-after", str(math.ceil(refusal.retry_after)).encode()))
    await send(
        {"type": "websocket.http.response.start", "status": refusal.status, "headers": headers}
    )
    await send({"type": "websocket.http.response.body", "body": body})
