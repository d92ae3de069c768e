"""Handshakes of TLS that fail: neither asyncio nor uvloop says a word of them."""

from __future__ import annotations

from ssl import SSLError, SSLObject, SSLWantReadError, SSLWantWriteError
from typing import TYPE_CHECKING

from hubbub.observe.events import TLS_REFUSED
from hubbub.observe.report import report

if TYPE_CHECKING:
    from ssl import SSLContext


class Handshake(SSLObject):
    """A connection's, which tells why it failed: plain HTTP, a version or a certificate."""

    def do_handshake(self) -> None:
        """Go on with it. Raises SSLError, also where more has to come."""
        try:
            super().do_handshake()
        except (SSLWantReadError, SSLWantWriteError):
            raise
        except SSLError as error:
            report(TLS_REFUSED, (error.reason or "unknown").lower().replace("_", " "))
            raise


def tell_refusals(context: SSLContext | None) -> None:
    """Have the failing handshakes of a server told, if it speaks TLS itself."""
    if context is not None:
        context.sslobject_class = Handshake
