"""What all connections of one server share, so that a connection need not hold it itself."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from itertools import islice
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from hubbub.server import lateness
from hubbub.server.deadline import Deadline
from hubbub.server.heartbeat import Heartbeat
from hubbub.server.proxies import believe_unix_sockets
from hubbub.server.root import take_kept_root
from hubbub.server.seating import Seating
from hubbub.server.tls import tell_refusals
from hubbub.wire.closes import Close, restarting

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvicorn.config import Config
    from uvicorn.server import ServerState

#: Seconds that a peer has to answer a close before the connection is cut (RFC 6455 section 7.1.1).
CLOSE_SECONDS = 10.0
#: Messages that may wait for an ASGI application before its connection is no longer read.
QUEUE_HIGH = 64

#: Seconds from the connection, or from a request's first byte, to the end of its head (408).
HEAD_SECONDS = 10.0
#: Seconds over which a body must come at `lateness.RATE`, or all that is left of it (408); and over
#: which an answer must be read as fast.
BODY_SECONDS = 30.0
ANSWER_SECONDS = 30.0
#: Seconds for which a peer that got an error, or an early answer, may go on before it is cut off.
LINGER_SECONDS = 5.0
#: Seconds that an answer may take to a peer which says that it will send no more.
HALF_CLOSED_SECONDS = 5.0
#: Seconds for the head of a connection that there is no room for.
SURPLUS_SECONDS = 2.0
#: Idle connections that are looked through for one which may give way.
IDLE_LOOKED_AT = 1000


class Host:
    """One server: its application, its limits and its heartbeat."""

    def __init__(self, config: Config, state: ServerState, app_state: dict[str, Any]) -> None:
        if not config.loaded:
            config.load()
        self.app = config.loaded_app
        tell_refusals(config.ssl)
        self.root_path = config.root_path
        believe_unix_sockets(self.app)
        if self.root_path:
            take_kept_root(self.app)
        self.asgi_version = config.asgi_version
        self.app_state = app_state
        self.max_size = config.ws_max_size
        self.connections = state.connections
        self.tasks = state.tasks
        self.loop = asyncio.get_running_loop()
        self.heartbeat = Heartbeat(self.loop, config.ws_ping_interval)
        self.limit = config.limit_concurrency
        self.ws_class = config.ws_protocol_class
        #: What each request's task starts from, so that nothing of one is there in the next.
        self.context = copy_context()
        self._make_deadlines(config.timeout_keep_alive)
        proxies = getattr(self.app, "trusted_hosts", ())
        self.seating = Seating(proxies, lambda: islice(self.idle_deadline, IDLE_LOOKED_AT))
        #: What a draining server says to the next connection it closes; `run.py` spreads them out.
        self.farewell: Callable[[], Close] = lambda: restarting(1000)

    def _make_deadlines(self, keep_alive: float) -> None:
        loop = self.loop
        self.head_deadline = Deadline(loop, HEAD_SECONDS, lateness.late_head)
        self.surplus_deadline = Deadline(loop, SURPLUS_SECONDS, lateness.late_surplus)
        self.body_deadline = Deadline(loop, BODY_SECONDS, lateness.late_body)
        self.answer_deadline = Deadline(loop, ANSWER_SECONDS, lateness.late_reader)
        self.linger_deadline = Deadline(loop, LINGER_SECONDS, lateness.late_linger)
        self.half_closed_deadline = Deadline(loop, HALF_CLOSED_SECONDS, lateness.late_half_closed)
        self.idle_deadline = Deadline(loop, keep_alive, lateness.late_idle)


_hosts: WeakKeyDictionary[ServerState, Host] = WeakKeyDictionary()


def host_of(config: Config, state: ServerState, app_state: dict[str, Any]) -> Host:
    """The host of a uvicorn server, made when its first connection comes."""
    host = _hosts.get(state)
    if host is None:
        host = _hosts[state] = Host(config, state, app_state)
    return host


def cut_parser(http: object) -> None:
    """Let uvicorn's own HTTP protocol, if it is that, go now: its parser and it hold each other.

    Else they go at the next full garbage collection, with 5 KiB a handshake.
    """
    if hasattr(http, "parser"):
        http.parser = None
