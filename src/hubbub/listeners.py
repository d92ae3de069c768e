"""Sockets that a server listens on beside a port of an address: a Unix socket, or ones handed over.

Handed over by whoever started the process: systemd says so in its environment (sd_listen_fds(3)),
others by a number on the command line.
"""

from __future__ import annotations

import os
import socket
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hubbub.project import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: systemd's first descriptor, after standard input, output and error.
FIRST = 3
#: Connections that may wait to be accepted.
BACKLOG = 4096
#: Everyone who reaches the folder may connect, as a proxy under its own user has to.
MODE = 0o666
#: Seconds that another program has to answer before it is taken for one that listens.
PATIENCE = 1.0


@contextmanager
def opened(uds: str | None, descriptor: int | None) -> Iterator[list[socket.socket]]:
    """The sockets that were asked for, or else handed over; empty where there are none.

    A Unix socket's file is gone afterwards. Raises UsageError.
    """
    if uds is not None:
        with unix_socket(uds) as listener:
            yield [listener]
    else:
        descriptors = handed_over() if descriptor is None else [descriptor]
        yield [adopt(number) for number in descriptors]


@contextmanager
def unix_socket(path: str) -> Iterator[socket.socket]:
    """Listen at a path; a file that a dead server left there is replaced. Raises UsageError."""
    remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        os.chmod(path, MODE)  # noqa: PTH101 - a path of the system's, as bind takes it
        ours = identity(path)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise UsageError(f"--uds {path}: cannot listen there: {reason(error)}.") from None
    try:
        yield listener
    finally:
        listener.close()
        # Another server may have taken the place meanwhile.
        if identity(path) == ours:
            os.unlink(path)  # noqa: PTH108


def remove_stale(path: str) -> None:
    """Take a socket's file away where nobody listens. Raises UsageError for anything else."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise UsageError(f"--uds {path}: something is there that is no socket.")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(PATIENCE)
            probe.connect(path)
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108
        return
    except BlockingIOError:
        pass  # its backlog is full
    except OSError as error:
        raise UsageError(f"--uds {path}: cannot listen there: {reason(error)}.") from None
    raise UsageError(f"--uds {path}: another program listens there already.")


def identity(path: str) -> tuple[int, int] | None:
    """Which file is at a path."""
    with suppress(OSError):
        found = os.lstat(path)
        return found.st_dev, found.st_ino
    return None


def handed_over() -> range:
    """The descriptors that systemd gave this process; its children do not get them again."""
    process = os.environ.pop("LISTEN_PID", "")
    number = os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if process != str(os.getpid()) or not number.isdecimal():
        return range(0)
    return range(FIRST, FIRST + int(number))


def adopt(descriptor: int) -> socket.socket:
    """A socket that was opened elsewhere, and listens. Raises UsageError."""
    try:
        listener = socket.socket(fileno=descriptor)
        listener.listen(BACKLOG)
    except OSError as error:
        raise UsageError(f"cannot listen on descriptor {descriptor}: {reason(error)}.") from None
    listener.set_inheritable(False)
    return listener


def reason(error: OSError) -> str:
    """Why, in the system's words."""
    return os.strerror(error.errno) if error.errno else str(error)
