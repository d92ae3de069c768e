"""Run uvicorn with the project's own protocol classes, and stop it so that clients come back."""

from __future__ import annotations

import asyncio
import gc
import random
import signal
from contextlib import contextmanager
from threading import current_thread, main_thread
from time import monotonic
from typing import TYPE_CHECKING, Any

import uvicorn

from hubbub import __version__, conf
from hubbub.fanout.hub import local_hub
from hubbub.neighbours import take_seat
from hubbub.observe.events import SERVER_STARTED, SERVER_STOPPED, SERVER_STOPPING
from hubbub.observe.held import hold_foreign, tell
from hubbub.observe.report import report
from hubbub.server.files import check_files
from hubbub.server.host import host_of
from hubbub.wire.closes import Close, farewell

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Iterator

    Application = Callable[..., Awaitable[None]]

#: Seconds that connections have for their goodbye; the whole stop must stay under ten.
STOP_SECONDS = 7
#: Objects made between two looks for garbage; nothing on the way of a message makes a cycle.
GC_YOUNG = 20_000
#: Seconds for which a connection stays without a request: longer than a proxy keeps one for later
#: (nginx 60 s), so that it is the proxy who closes, and no request meets a connection just closed.
KEEP_ALIVE_SECONDS = 75
HTTP_PROTOCOL = "hubbub.server.http:HTTP"
#: Of uvicorn's ticks, so many are a second.
TICKS = 10
PROTOCOL = "hubbub.server.protocol:WebSocket"


class Server(uvicorn.Server):
    """uvicorn's server, which says 1012 with a time to come back to everyone when it stops."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        drain: Callable[[], None] = lambda: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(config)
        self._drain = drain
        self._chance = chance

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Make the hub before the first request: publishers see that this process can hear."""
        local_hub()
        host_of(self.config, self.server_state, self.lifespan.state)
        await super().startup(sockets)
        take_seat()
        report(SERVER_STARTED, version=__version__, **self.place(sockets or []))
        self.keep_what_is_loaded()

    def place(self, sockets: list[socket.socket]) -> dict[str, Any]:
        """Where it listens: the first of the sockets, which may be a Unix socket's file."""
        where = sockets[0].getsockname() if sockets else (self.config.host, self.config.port)
        return {"host": where} if isinstance(where, str) else {"host": where[0], "port": where[1]}

    def keep_what_is_loaded(self) -> None:
        """Have the collector look at less, and not so often."""
        # What is loaded by now stays: 200,000 objects that no collection need look at again, and
        # with thousands of connections a full collection at every 700 objects is 5 % of the time.
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_YOUNG, 20, 50)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM, SIGINT and SIGHUP as a wish to stop; who carried it out ends with 0.

        uvicorn raises the signal anew when it is done, and the process would die of it.
        """
        with super().capture_signals():
            with self._capture_hangup():
                yield
            self._captured_signals.clear()

    @contextmanager
    def _capture_hangup(self) -> Iterator[None]:
        """Stop in order when the terminal goes; not where `nohup` said that it does not matter."""
        here = current_thread() is main_thread() and hasattr(signal, "SIGHUP")
        if not here or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            yield
            return
        before = signal.signal(signal.SIGHUP, self.handle_exit)
        try:
            yield
        finally:
            signal.signal(signal.SIGHUP, before)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, part from everyone with 1012, wait `STOP_SECONDS` at most."""
        began, connections = monotonic(), self.server_state.connections
        report(SERVER_STOPPING, connections=len(connections))
        self._drain()
        host_of(self.config, self.server_state, self.lifespan.state).farewell = self.farewell
        await super().shutdown(sockets)
        seconds = round(monotonic() - began, 1)
        report(SERVER_STOPPED, connections=len(connections), seconds=seconds)
        tell()

    async def on_tick(self, counter: int) -> bool:
        """Look once a second whether there are file descriptors left; see uvicorn for the rest."""
        if counter % TICKS == 0:
            check_files(len(self.server_state.connections))
        return await super().on_tick(counter)

    def farewell(self) -> Close:
        """What a client is told that the server hangs up on."""
        return farewell(self._chance)


def configure(
    application: Application | str,
    *,
    host: str,
    port: int,
    root_path: str = "",
    proxies: str | None = None,
) -> uvicorn.Config:
    """uvicorn's configuration: no access log (it would hold `?token=`), no per-message deflate."""
    settings = conf.current()
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        http=HTTP_PROTOCOL,
        root_path=root_path,
        ws=PROTOCOL,
        ws_max_size=settings.max_frame,
        ws_ping_interval=settings.ping_interval,
        ws_per_message_deflate=False,
        access_log=False,
        log_config=None,
        server_header=False,
        forwarded_allow_ips=proxies,
        backlog=4096,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def run(
    application: Application,
    *,
    host: str = "",
    port: int = 0,
    sockets: list[socket.socket] | None = None,
    root_path: str = "",
    proxies: str | None = None,
    drain: Callable[[], None] = lambda: None,
    spread: bool = True,
) -> None:
    """Serve `application` until a signal; `drain` is called when it stops.

    On `host` and `port`, or on `sockets` that are open already. `proxies` are believed when they
    name a client's address; None takes those that FORWARDED_ALLOW_IPS names. When it stops clients
    are asked to come back spread over a while, or all at once.
    """
    hold_foreign()
    config = configure(application, host=host, port=port, root_path=root_path, proxies=proxies)
    server = Server(config, drain=drain, chance=random.random if spread else lambda: 0.0)
    _running.append(server)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets))
    _running.remove(server)


#: What serves in this process: no signal reaches it in a thread that is not the main one.
_running: list[Server] = []


def end_running() -> bool:
    """Have what serves in this process stop as after a signal; whether there is anything."""
    for server in tuple(_running):
        server.should_exit = True
    return bool(_running)
