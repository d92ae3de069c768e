"""The address that a server listens on: is it free, and what does a person type to reach it."""

from __future__ import annotations

import errno
import os
import socket
from ipaddress import ip_address

from django.conf import settings

from hubbub import __version__
from hubbub.checks import check_exposure
from hubbub.project import ANY_ADDRESS, UsageError, is_site, warn
from hubbub.site.environment import environment

LOOPBACK = ("127.0.0.1", "::1", "localhost")
REASONS = {
    errno.EADDRINUSE: "another program listens there already; choose another with --port",
    errno.EACCES: "this user may not listen there; choose a port of 1024 or more with --port",
    errno.EADDRNOTAVAIL: "no address of this machine; choose another with --host",
}


def claim(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises UsageError if nobody can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":  # as asyncio does; elsewhere it would share a port in use
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()  # on some systems only this finds that the port is taken
            return int(probe.getsockname()[1])
    except socket.gaierror:
        raise UsageError(f"--host {host}: no such host") from None
    except OSError as error:
        reason = REASONS.get(error.errno or 0, os.strerror(error.errno or 0))
        raise UsageError(f"cannot listen on {host} port {port}: {reason}.") from None


def greet(host: str, port: int) -> None:
    """Say where the page and the three sockets are."""
    name = "localhost" if host in (*ANY_ADDRESS, *LOOPBACK) else host
    place = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    lines = (
        f"Hubbub {__version__} on http://{place}/",
        f"  chat           ws://{place}/ws/chat/general/",
        f"  notifications  ws://{place}/ws/notifications/",
        f"  counter        ws://{place}/ws/counter/",
        "Press Ctrl+C to stop.",
    )
    print("\n".join(lines), flush=True)
    for sentence in exposures(host):
        warn(sentence)


def exposures(host: str) -> list[str]:
    """What a person should know whose server others reach: over the network, or by a proxy."""
    if is_loopback(host) and not settings.SECURE_PROXY_SSL_HEADER:
        return []
    sentences = [
        f"{warning.msg} {warning.hint} ({warning.id})"
        for warning in check_exposure()
        if not warning.is_silenced()
    ]
    if is_site() and host in ANY_ADDRESS and "allowed_hosts" not in environment().model_fields_set:
        sentences.append(
            "the site answers to the names of this machine only; HUBBUB_ALLOWED_HOSTS adds others."
        )
    return sentences


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK
