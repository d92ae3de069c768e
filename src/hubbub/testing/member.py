"""Somebody who connects to the project's own ASGI application, in this process.

async with Member("/ws/chat/general/", user=ada) as member:    # with Member(...) in a sync test
    await member.say(type="chat_message", message="Hello")
    assert (await member.hear_until(type="chat_message"))["username"] == "ada"
"""

from __future__ import annotations

import asyncio
import json
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from channels.routing import get_default_application
from django.conf import settings
from django.test import Client

from hubbub.crossing import in_database
from hubbub.routing import SOCKET_PATHS
from hubbub.testing.dial import Closed, Dial, Goodbye
from hubbub.testing.quiet import settle
from hubbub.testing.waiting import WaitingMember

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from django.contrib.auth.models import AbstractBaseUser

    from hubbub.testing.dial import Application

#: Seconds that a member waits for what it is to hear; a test that fails takes as long.
DEADLINE = 10.0


class Member:
    """A connection to `path`, with its query. Nobody, or somebody:

    a `user`, who signs in to a session for it; who is signed in to a Django test `client`; or the
    one with a `token`. `headers` are sent too, and `subprotocols` offered. The application is that
    of `ASGI_APPLICATION`, else Hubbub's own.
    """

    def __init__(
        self,
        path: str,
        *,
        user: AbstractBaseUser | None = None,
        client: Client | None = None,
        token: str = "",
        headers: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] = (),
        application: Application | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        self._path = path
        self._user = user
        self._client = client
        self._token = token
        self._headers = dict(headers or {})
        self._subprotocols = tuple(subprotocols)
        self._application = application
        self._dial: Dial | None = None
        self.deadline = deadline
        #: All frames that were heard, in order.
        self.heard: list[Any] = []
        #: The subprotocol that the application has chosen.
        self.subprotocol: str | None = None

    async def connect(self) -> None:
        """Shake hands. Raises Refused, and what the application raises."""
        headers = {"Host": "testserver", **await self._credentials(), **self._headers}
        self._dial = Dial(
            self._application or find_application(),
            scope_of(self._path, headers, self._subprotocols),
        )
        async with asyncio.timeout(self.deadline):
            self.subprotocol = await self._dial.open()

    async def say(self, **frame: Any) -> None:
        """Send a JSON object."""
        await self.say_raw(json.dumps(frame))

    async def say_raw(self, payload: str | bytes) -> None:
        """Send a text, or bytes. Raises Closed."""
        self._connected().send(payload)

    async def hear(self) -> Any:
        """The next frame, read from JSON.

        Raises Closed when there is none any more, and AssertionError when none comes in time.
        """
        dial = self._connected()
        if dial.goodbye is not None and dial.heard.empty():
            raise dial.closed()
        try:
            async with asyncio.timeout(self.deadline):
                came = await dial.heard.get()
        except TimeoutError:
            heard = f"nothing came for {self.deadline} s; before that: {self.heard}"
            raise AssertionError(heard) from None
        if isinstance(came, Goodbye):
            raise dial.closed()
        self.heard.append(json.loads(came))
        return self.heard[-1]

    async def hear_until(self, **keys: Any) -> Any:
        """The first frame with these keys and values; those before it are in `heard`."""
        while True:
            frame = await self.hear()
            if isinstance(frame, dict) and frame | keys == frame:
                return frame

    async def hear_goodbye(self) -> Goodbye:
        """Listen until the connection is closed from the other side: its code and reason."""
        while True:
            try:
                await self.hear()
            except Closed as closed:
                return closed.goodbye

    async def hear_nothing_more(self) -> None:
        """Everything that was done has been told, and nothing has come. Raises AssertionError.

        No time is waited for: what is being stored is stored, each event is told up to the last in
        the table, and what waits for a timer has come. Only on a path of Hubbub's: what a consumer
        of the project's has still to do cannot be known. Ask it for an answer, and hear until that.
        """
        dial = self._connected()
        if not is_ours(self._path):
            raise TypeError("not on a consumer of the project's: have it answer, and hear_until")
        await settle(self.deadline)
        more = []
        while not dial.heard.empty():
            more.append(dial.heard.get_nowait())
        if more:
            raise AssertionError(f"more came: {more}")

    async def hang_up(self, code: int = 1000) -> None:
        """Close the connection."""
        dial, self._dial = self._dial, None
        if dial is not None:
            await dial.hang_up(code)

    async def __aenter__(self) -> Member:
        """Connect."""
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Hang up."""
        await self.hang_up()

    def __enter__(self) -> WaitingMember:
        """Connect, in a test that is not async."""
        self._waiting = WaitingMember(self)
        self._waiting.connect()
        return self._waiting

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Hang up."""
        self._waiting.end()

    def _connected(self) -> Dial:
        assert self._dial is not None, "the member is not connected"
        return self._dial

    async def _credentials(self) -> dict[str, str]:
        client = self._client
        if self._user is not None:
            client = await in_database(sign_in, self._user)
        cookies = client.cookies.items() if client is not None else ()
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies)
        found = {"Cookie": cookie} if cookie else {}
        return found | ({"Authorization": f"Bearer {self._token}"} if self._token else {})


def is_ours(path: str) -> bool:
    """Whether an address is that of a stream, or of `/ws/`, wherever the project has it."""
    place = path.partition("?")[0]
    return any(re.search(f"/{ours.removeprefix('^')}", place) for ours, _ in SOCKET_PATHS)


def sign_in(user: Any) -> Client:
    """A browser in which a user is signed in."""
    client = Client()
    client.force_login(user)
    return client


def find_application() -> Application:
    """The project's, or ours."""
    if getattr(settings, "ASGI_APPLICATION", None):
        found: Application = get_default_application()
        return found
    ours: Application = import_module("hubbub.asgi").application
    return ours


def scope_of(path: str, headers: Mapping[str, str], subprotocols: Sequence[str]) -> dict[str, Any]:
    """What a server knows of a handshake (ASGI, WebSocket connection scope)."""
    path, _, query = path.partition("?")
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("testserver", 80),
        "subprotocols": list(subprotocols),
        "state": {},
    }
