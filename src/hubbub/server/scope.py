"""What an ASGI application is told of a request: the parts that HTTP and WebSocket share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl

from hubbub.server.head import split_target

if TYPE_CHECKING:
    import asyncio

    from hubbub.server.head import Head

Scope = dict[str, Any]


class Server(Protocol):
    """What a scope says of the server."""

    asgi_version: Any
    app_state: dict[str, Any]
    root_path: str


def address_of(transport: asyncio.Transport) -> str:
    """Where the peer is, as far as the connection shows; nothing for a Unix socket."""
    peer = get_remote_addr(transport)
    return peer[0] if peer else ""


def describe_connection(transport: asyncio.Transport, schemes: tuple[str, str]) -> Scope:
    """The two ends of a connection, and which of the schemes it has: the open or the secure one."""
    return {
        "scheme": schemes[is_ssl(transport)],
        "server": get_local_addr(transport),
        "client": get_remote_addr(transport),
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
