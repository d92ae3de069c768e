"""What all the sockets of one server share, so that a connection need not hold it itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from hubbub.server.heartbeat import Heartbeat
from hubbub.wire.closes import Close, restarting

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvicorn.config import Config
    from uvicorn.server import ServerState

#: Seconds that a peer has to answer a close before the connection is cut (RFC 6455 section 7.1.1).
CLOSE_SECONDS = 10.0
#: Messages that may wait for an ASGI application before its connection is no longer read.
QUEUE_HIGH = 64


class Host:
    """One server: its application, its limits and its heartbeat."""

    def __init__(self, config: Config, state: ServerState, app_state: dict[str, Any]) -> None:
        self.app = config.loaded_app
        self.root_path = config.root_path
        self.asgi_version = config.asgi_version
        self.app_state = app_state
        self.max_size = config.ws_max_size
        self.connections = state.connections
        self.tasks = state.tasks
        self.loop = asyncio.get_running_loop()
        self.heartbeat = Heartbeat(self.loop, config.ws_ping_interval)
        #: What a draining server says to the next connection it closes; `run.py` spreads them out.
        self.farewell: Callable[[], Close] = lambda: restarting(1000)


_hosts: WeakKeyDictionary[ServerState, Host] = WeakKeyDictionary()


def host_of(config: Config, state: ServerState, app_state: dict[str, Any]) -> Host:
    """The host of a uvicorn server, made when its first WebSocket comes."""
    host = _hosts.get(state)
    if host is None:
        host = _hosts[state] = Host(config, state, app_state)
    return host
