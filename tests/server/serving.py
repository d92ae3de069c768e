"""A server of this very process, on a free port, in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from threading import Event, Thread

import uvicorn

from hubbub.server.host import host_of
from hubbub.server.run import HTTP_PROTOCOL, PROTOCOL, STOP_SECONDS, Server

SECONDS = 15
MIB = 1 << 20
DEFAULTS = {
    "http": HTTP_PROTOCOL,
    "ws": PROTOCOL,
    "ws_max_size": 64 * MIB,
    "ws_ping_interval": None,
}


class Started(Server):
    """Tells when it listens; leaves the process's garbage collector as it was."""

    def __init__(self, config, **options):
        super().__init__(config, **options)
        self.listening = Event()

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.listening.set()

    def keep_what_is_loaded(self):
        pass


class Serving:
    """A running server. `application` may be replaced: the next connection gets the new one."""

    def __init__(self, application, *, loop="asyncio", options=None, **config):
        self.application = application
        self._config = uvicorn.Config(
            self._serve,
            host="127.0.0.1",
            port=0,
            loop=loop,
            **{**DEFAULTS, **config},
            access_log=False,
            log_config=None,
            interface="asgi3",
            lifespan="off",
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self.server = Started(self._config, **(options or {}))
        self._thread = Thread(target=self._run, daemon=True)

    async def _serve(self, scope, receive, send):
        await self.application(scope, receive, send)

    def _run(self):
        with asyncio.Runner(loop_factory=self._config.get_loop_factory()) as runner:
            self.loop = runner.get_loop()
            runner.run(self.server.serve())

    def start(self):
        self._thread.start()
        assert self.server.listening.wait(SECONDS), "the server did not start"
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def begin_to_stop(self):
        self.server.should_exit = True

    def stop(self):
        self.begin_to_stop()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive(), "the server did not stop"

    def do(self, call, *args):
        """Run a plain function on the server's loop, and return what it returns."""

        async def run():
            return call(*args)

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(SECONDS)

    @property
    def connections(self):
        return self.server.server_state.connections

    def at_rest(self):
        """Whether the server has forgotten every connection, and nobody's heart beats."""
        host = self.do(host_of, self.server.config, self.server.server_state, {})
        return not self.connections and not host.heartbeat._members


@contextmanager
def serving(application, **options):
    """Serve until the end of the block."""
    server = Serving(application, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()
