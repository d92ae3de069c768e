"""The project served for real, in a thread of the test's process: for a browser, or any client."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import uvicorn
from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.test.utils import modify_settings

from hubbub.server.run import HTTP_PROTOCOL, PROTOCOL, Server
from hubbub.static_files import with_static_files
from hubbub.testcases import NAMED
from hubbub.testing.member import find_application
from hubbub.undertest import borrow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubbub.testing.dial import Application

HOST = "127.0.0.1"
#: Seconds in which it must listen, and in which it must have ended.
START_SECONDS = END_SECONDS = 15.0


class LiveServer(Server):
    """Tells when it listens, and leaves the process's memory as it is."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and tell."""
        await super().startup(sockets)
        self.listens.set()

    def keep_what_is_loaded(self) -> None:
        """A test's process is short, and has more than a server in it."""


@contextmanager
def live_server(application: Application | None = None) -> Iterator[str]:
    """Serve the project, or another ASGI application; the address is `http://127.0.0.1:...`.

    Its sync views run one at a time, on the test's own connection where that is lent.
    """
    bound = socket.create_server((HOST, 0))
    served = with_static_files(application or find_application(), insecure=True)
    server = LiveServer(config_of(served))
    thread = Thread(target=run, args=(server, bound), name="live-server", daemon=True)
    thread.start()
    try:
        assert server.listens.wait(START_SECONDS), "the server did not start"
        with modify_settings(ALLOWED_HOSTS={"append": HOST}):
            yield f"http://{HOST}:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(END_SECONDS)
        bound.close()


def config_of(application: Any) -> uvicorn.Config:
    """As `hubbub serve` has it, but for what is printed."""
    return uvicorn.Config(
        application,
        http=HTTP_PROTOCOL,
        ws=PROTOCOL,
        ws_ping_interval=None,
        access_log=False,
        log_config=None,
        interface="asgi3",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )


def run(server: LiveServer, bound: socket.socket) -> None:
    """Serve, with one thread for all sync code that uses the test's connections."""
    context = ThreadSensitiveContext()
    executor = ThreadPoolExecutor(1, thread_name_prefix=f"{NAMED}live", initializer=borrow)
    SyncToAsync.context_to_thread_executor[context] = executor
    SyncToAsync.thread_sensitive_context.set(context)
    asyncio.run(server.serve(sockets=[bound]))
    executor.shutdown()
