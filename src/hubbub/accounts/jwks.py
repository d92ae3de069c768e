"""Public keys from an address (a JWK Set, RFC 7517 section 5), for tokens that others sign.

They are asked for off the loop, by one caller for all who wait, and kept. A key that nobody knows
yet has them asked for anew, but never oftener than every `REST` seconds, whatever tokens come.
"""

from __future__ import annotations

import asyncio
import json
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.request import HTTPRedirectHandler, Request, build_opener
from weakref import WeakKeyDictionary

from jwt import PyJWK, PyJWTError

from hubbub.anew import forgotten_by
from hubbub.errors import OverloadedError, UnauthenticatedError
from hubbub.observe.events import KEYS_UNKNOWN
from hubbub.observe.report import report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Ask = Callable[[str], bytes]

#: Seconds that keys are good without a look, and at most while their address does not answer.
FRESH = 300.0
STALE = 24 * 3600.0
#: Seconds between two looks.
REST = 10.0
#: Seconds of one, for what comes and for whoever waits for it; and bytes.
SECONDS = 5.0
PATIENCE = 10.0
LARGEST = 256 * 1024
PIECE = 16 * 1024


class Unmoved(HTTPRedirectHandler):
    """Follows nowhere: the address is the one of the settings."""

    def redirect_request(self, *_: Any) -> None:
        """No other request."""


opener = build_opener(Unmoved)


def ask_address(address: str) -> bytes:
    """What an address answers. Blocking. Raises OSError, or ValueError for too much."""
    until, body = monotonic() + SECONDS, b""
    request = Request(address, headers={"Accept": "application/json"})  # noqa: S310 - as conf reads it
    with opener.open(request, timeout=SECONDS) as answer:
        while piece := answer.read1(PIECE):
            body += piece
            if len(body) > LARGEST:
                raise ValueError("too large")
            if monotonic() > until:
                raise TimeoutError
    return body


def read_keys(body: bytes) -> list[PyJWK]:
    """The keys of a set that may verify a signature; a secret is in none. Raises ValueError."""
    try:
        rows = json.loads(body)["keys"]
        keys = [key for row in rows if (key := read_key(row)) is not None]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("no JWK Set") from error
    if not keys:
        raise ValueError("no key")
    return keys


def read_key(row: dict[str, Any]) -> PyJWK | None:
    """One key; None for another use, and for what PyJWT does not know."""
    if row.get("use", "sig") != "sig" or row.get("kty") == "oct":
        return None
    try:
        return PyJWK(row)
    except (PyJWTError, ValueError, TypeError):
        return None


class KeySet:
    """What is known of one address. From any thread."""

    def __init__(
        self, address: str, ask: Ask = ask_address, clock: Callable[[], float] = monotonic
    ) -> None:
        self._address = address
        self._ask = ask
        self._clock = clock
        self._keys: Sequence[PyJWK] = ()
        self._got = self._asked = float("-inf")
        self._lock = Lock()
        self._looks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = (
            WeakKeyDictionary()
        )

    async def find(self, kid: str | None) -> PyJWK:
        """The key of that id; without one, the only key.

        Raises UnauthenticatedError where there is none, OverloadedError where that is not known.
        """
        if self._due(kid):
            await self._look(kid)
        key = self._known(kid)
        if key is not None:
            return key
        if self._got < self._asked or self._clock() - self._got > STALE:
            raise OverloadedError("keys")
        raise UnauthenticatedError("unknown key")

    def _known(self, kid: str | None) -> PyJWK | None:
        if self._clock() - self._got > STALE:
            return None
        fitting = [key for key in self._keys if kid is None or key.key_id == kid]
        return fitting[0] if len(fitting) == 1 else None

    def _due(self, kid: str | None) -> bool:
        now = self._clock()
        if now - self._asked < REST:
            return False
        return now - self._got >= FRESH or self._known(kid) is None

    async def _look(self, kid: str | None) -> None:
        """Ask, or wait for whoever of this loop does. Raises OverloadedError."""
        loop = asyncio.get_running_loop()
        look = self._looks.get(loop)
        if look is None or look.done():
            look = self._looks[loop] = loop.create_task(asyncio.to_thread(self.look_up, kid))
        try:
            await asyncio.wait_for(asyncio.shield(look), PATIENCE)
        except TimeoutError:
            raise OverloadedError("keys") from None

    def look_up(self, kid: str | None) -> None:
        """Ask for the keys, unless somebody just did. What was known stays where that fails."""
        with self._lock:
            if not self._due(kid):
                return
            self._asked = self._clock()
            try:
                self._keys = read_keys(self._ask(self._address))
            except Exception as error:  # noqa: BLE001 - whatever an address answers
                report(KEYS_UNKNOWN, type(error).__name__, error=error)
                return
            self._got = self._asked


_sets: dict[str, KeySet] = {}
forgotten_by(_sets.clear)


def key_set(address: str) -> KeySet:
    """The process's, of an address of the settings."""
    return _sets.setdefault(address, KeySet(address))
