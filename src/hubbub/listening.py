"""The address that a server listens on: is it free, and what does a person type to reach it."""

from __future__ import annotations

import errno
import os
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING

from django.conf import settings

from hubbub import __version__, project
from hubbub.checks import check_exposure
from hubbub.listeners import BACKLOG
from hubbub.project import ANY_ADDRESS, UsageError, is_site, warn
from hubbub.site.environment import environment

if TYPE_CHECKING:
    from django.core.checks import CheckMessage

LOOPBACK = ("127.0.0.1", "::1", "localhost")
REASONS = {
    errno.EADDRINUSE: "another program listens there already; choose another with --port",
    errno.EACCES: "this user may not listen there; choose a port of 1024 or more with --port",
    errno.EADDRNOTAVAIL: "no address of this machine; choose another with --host",
}


def claim(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises UsageError if nobody can listen there."""
    with listen(host, port) as probe:
        return int(probe.getsockname()[1])


def listen(host: str, port: int) -> socket.socket:
    """As `open_port`. Raises UsageError."""
    try:
        return open_port(host, port)
    except socket.gaierror:
        raise UsageError(f"--host {host}: no such host") from None
    except OSError as error:
        reason = REASONS.get(error.errno or 0, os.strerror(error.errno or 0))
        raise UsageError(f"cannot listen on {host} port {port}: {reason}.") from None


def open_port(host: str, port: int, family: int = socket.AF_UNSPEC) -> socket.socket:
    """A socket that listens on an address, on a free port for 0. Raises OSError.

    `::` is all addresses, those of IPv4 too, whatever the system's own default.
    """
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_PASSIVE)[0]
    listener = socket.socket(*found[:3])
    try:
        if os.name == "posix":  # as asyncio does; elsewhere it would share a port in use
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if listener.family == socket.AF_INET6 and socket.has_dualstack_ipv6():
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(found[4])
        listener.listen(BACKLOG)  # on some systems only this finds that the port is taken
    except OSError:
        listener.close()
        raise
    return listener


def greet(host: str, port: int, root_path: str = "") -> None:
    """Say where the page and the sockets are."""
    name = "localhost" if host in (*ANY_ADDRESS, *LOOPBACK) else host
    place = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    tell(f"http://{place}{root_path}/", f"ws://{place}{root_path}")
    warn_exposed(host)


def greet_sockets(sockets: list[socket.socket], root_path: str = "") -> None:
    """The same of sockets that were opened already: addresses, or files of Unix sockets."""
    names = [listener.getsockname() for listener in sockets]
    if len(names) == 1 and not isinstance(names[0], str):
        host, port, *_ = names[0]
        greet(host, port, root_path)
        return
    places = [name if isinstance(name, str) else f"{name[0]} port {name[1]}" for name in names]
    tell(", ".join(places), root_path)
    # By a Unix socket only a proxy comes, for others.
    for host in dict.fromkeys("" if isinstance(name, str) else name[0] for name in names):
        warn_exposed(host)


def tell(place: str, prefix: str) -> None:
    """Print where the server is, and its sockets: the house's, a project's kinds', all in one."""
    # The kinds need the models, which are loaded later than this module.
    from hubbub.streams.registry import built_in, kinds  # noqa: PLC0415

    shown = {kind.kind: kind.example for kind in built_in()}
    shown |= {kind.kind: kind.path for kind in kinds()}
    shown["all of these"] = "ws/"
    lines = (
        f"Hubbub {__version__} on {place}",
        *(f"  {word:<13}  {prefix}/{path}" for word, path in shown.items()),
        f"  served         {project.described()}",
        "Press Ctrl+C to stop.",
    )
    print("\n".join(lines), flush=True)


def warn_exposed(host: str) -> None:
    """Tell a person what is not safe where others reach the server."""
    for sentence in exposures(host):
        warn(sentence)


def exposures(host: str) -> list[str]:
    """What a person should know whose server others reach: over the network, or by a proxy."""
    if is_loopback(host) and not settings.SECURE_PROXY_SSL_HEADER:
        return []
    sentences = sentences_of(check_exposure())
    if is_site() and host in ANY_ADDRESS and "allowed_hosts" not in environment().model_fields_set:
        sentences.append(
            "the site answers to the names of this machine only; HUBBUB_ALLOWED_HOSTS adds others."
        )
    return sentences


def sentences_of(warnings: list[CheckMessage]) -> list[str]:
    """What checks found, in a sentence each, but for those that the project silences."""
    return [f"{one.msg} {one.hint} ({one.id})" for one in warnings if not one.is_silenced()]


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK
