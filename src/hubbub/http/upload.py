"""A bound on request bodies before Django sees them.

Django's ASGI handler spools a body to disk, whole, before any view can look at its length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubbub.http.body import BodyTooLargeError
from hubbub.observe.events import HTTP_REFUSED
from hubbub.observe.report import report
from hubbub.wire.codec import encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

#: Far more than any of our own bodies or forms; a project with uploads has an asgi.py of its own.
MOST = 10 * 1024 * 1024
DIGITS = 20


class BoundedUpload:
    """An ASGI application that answers 413 to a body over `most` bytes, and passes others on.

    A body that gives no length and grows over it is cut off like a client that went away.
    """

    def __init__(self, application: Application, most: int = MOST) -> None:
        self._application = application
        self._most = most

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one HTTP request (ASGI)."""
        if announced(scope) > self._most:
            report_body(scope)
            await refuse(send)
        else:
            await self._application(scope, self._bound(scope, receive), send)

    def _bound(self, scope: dict[str, Any], receive: Receive) -> Receive:
        taken = 0

        async def bounded() -> dict[str, Any]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken <= self._most:
                return message
            report_body(scope)
            return {"type": "http.disconnect"}

        return bounded


def announced(scope: dict[str, Any]) -> int:
    """The Content-Length, 0 where there is none that is a number."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            # Python reads no number of over 4,300 digits; a longer one than these is larger.
            return int(value[:DIGITS])
    return 0


def report_body(scope: dict[str, Any]) -> None:
    """Log a body that is too large."""
    client = scope.get("client")
    report(
        HTTP_REFUSED,
        "body",
        status=BodyTooLargeError.status,
        method=scope["method"],
        path=scope["path"],
        address=client and client[0],
    )


async def refuse(send: Send) -> None:
    """Answer 413 in the API's shape, and hang up instead of reading on."""
    body = encode({"status": "error", "message": BodyTooLargeError.sentence})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    status = BodyTooLargeError.status
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
