"""What an ASGI application is told of a request: the parts that HTTP and WebSocket share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from hubbub.server.head import split_target

if TYPE_CHECKING:
    import asyncio

    from hubbub.server.head import Head

Scope = dict[str, Any]
#: What a socket that listens on both puts before an address of IPv4 (RFC 4291 section 2.5.5.2).
MAPPED = re.compile(r"::ffff:(?=[0-9]+\.)", re.IGNORECASE)


class Server(Protocol):
    """What a scope says of the server."""

    asgi_version: Any
    app_state: dict[str, Any]
    root_path: str


def is_secure(transport: asyncio.Transport) -> bool:
    """Whether a connection is one of TLS."""
    return transport.get_extra_info("sslcontext") is not None


def address_of(transport: asyncio.Transport) -> str:
    """Where the peer is, as far as the connection shows; nothing for a Unix socket."""
    peer = end_of(transport, "peername")
    return peer[0] if peer else ""


def end_of(transport: asyncio.Transport, end: str) -> tuple[str, int] | None:
    """Host and port of the "sockname" or the "peername"; None for a Unix socket.

    The transport knows them. Asked for its socket, as uvicorn does, uvloop makes one, with six
    calls of the system and 300 bytes that stay as long as the connection.
    """
    found = transport.get_extra_info(end)
    return (unmapped(found[0]), found[1]) if isinstance(found, tuple) else None


def unmapped(addresses: str) -> str:
    """Addresses, those of IPv4 as they are known: `127.0.0.1` for `::ffff:127.0.0.1`."""
    return MAPPED.sub("", addresses) if ":" in addresses else addresses


def describe_connection(transport: asyncio.Transport, schemes: tuple[str, str]) -> Scope:
    """The two ends of a connection, and which of the schemes it has: the open or the secure one."""
    path = transport.get_extra_info("sockname")
    return {
        "scheme": schemes[is_secure(transport)],
        "server": (path, None) if isinstance(path, str) else end_of(transport, "sockname"),
        "client": end_of(transport, "peername"),
    }


def describe_request(host: Server, head: Head) -> Scope:
    """A request of HTTP itself."""
    return {
        "type": "http",
        "asgi": {"version": host.asgi_version, "spec_version": "2.3"},
        "http_version": head.version,
        "method": head.method,
        "headers": head.headers,
    } | describe_target(host, *split_target(head.target))


def describe_target(host: Server, path: str, raw_path: bytes, query: bytes) -> Scope:
    """The target of a request, below the root path of the server."""
    root = host.root_path
    return {
        "root_path": root,
        "path": root + path,
        "raw_path": root.encode() + raw_path,
        "query_string": query,
        "state": host.app_state.copy(),
    }
