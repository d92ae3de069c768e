"""Whose word is taken for a client's address: the proxies that uvicorn knows, and Unix sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from hubbub.server.scope import unmapped

if TYPE_CHECKING:
    from collections.abc import Container

    class Known(Container[str | None]):
        """The proxies of `forwarded_allow_ips`."""

        def get_trusted_client_address(self, x_forwarded_for: str) -> tuple[str, int]:
            """The last address in `X-Forwarded-For` that is no proxy's."""


class Proxies:
    """The known ones, and every peer without an address: it came by a Unix socket.

    uvicorn believes such a one only where it believes everybody, and then it takes the first
    address in the header, which is whatever the client wrote there.
    """

    def __init__(self, known: Known) -> None:
        self._known = known

    def __contains__(self, address: str | None) -> bool:
        return not address or address in self._known

    def get_trusted_client_address(self, x_forwarded_for: str) -> tuple[str, int]:
        """The last address in `X-Forwarded-For` that is no proxy's."""
        return self._known.get_trusted_client_address(unmapped(x_forwarded_for))


def believe_unix_sockets(application: object) -> None:
    """Believe the peers of Unix sockets too, if `application` is one that believes proxies."""
    if isinstance(application, ProxyHeadersMiddleware):
        known = cast("Known", application.trusted_hosts)
        application.trusted_hosts = Proxies(known)  # type: ignore[assignment]  # as uvicorn asks it
