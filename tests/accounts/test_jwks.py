"""Public keys from an address: asked for off the loop, once for all, and not too often."""

import asyncio
import json
import logging
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, time

import jwt
import pytest
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from hubbub.accounts import jwks as module
from hubbub.accounts.identify import identify
from hubbub.accounts.jwks import FRESH, LARGEST, REST, STALE, KeySet
from hubbub.errors import OverloadedError, UnauthenticatedError
from tests.accounts.test_jwt import OTHER_RSA, P256, RSA


def row(key, kid, **more):
    algorithm = ECAlgorithm if key is P256 else RSAAlgorithm
    return json.loads(algorithm.to_jwk(key.public_key())) | {"kid": kid} | more


def body(*rows):
    return json.dumps({"keys": rows}).encode()


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Address:
    """What it answers, and how often it was asked."""

    def __init__(self):
        self.answer = body(row(RSA, "a"))
        self.asked = 0

    def __call__(self, address):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def address():
    return Address()


@pytest.fixture
def keys(address, clock):
    return KeySet("https://example.org/keys", address, clock)


async def test_a_key_is_found_by_its_id(keys, address):
    address.answer = body(row(RSA, "a"), row(P256, "b"))
    assert (await keys.find("b")).key_id == "b"
    assert (await keys.find("a")).key_id == "a"
    assert address.asked == 1


async def test_a_thousand_that_come_at_once_ask_once(keys, address):
    assert len(await asyncio.gather(*(keys.find("a") for _ in range(1000)))) == 1000
    assert address.asked == 1


async def test_without_an_id_the_only_key_is_meant(keys, address, clock):
    assert (await keys.find(None)).key_id == "a"
    address.answer = body(row(RSA, "a"), row(OTHER_RSA, "b"))
    clock.now += FRESH
    with pytest.raises(UnauthenticatedError):
        await keys.find(None)


async def test_a_new_key_is_asked_for_and_an_old_one_goes(keys, address, clock):
    await keys.find("a")
    clock.now += REST
    address.answer = body(row(OTHER_RSA, "b"))
    assert (await keys.find("b")).key_id == "b"
    with pytest.raises(UnauthenticatedError):
        await keys.find("a")


async def test_unknown_ids_have_it_asked_no_oftener_than_it_rests(keys, address, clock):
    for turn in range(1, 4):
        for number in range(100):
            with pytest.raises(UnauthenticatedError):
                await keys.find(f"x{number}")
        assert (await keys.find("a")).key_id == "a"
        assert address.asked == turn
        clock.now += REST


async def test_keys_are_looked_at_anew_after_a_while(keys, address, clock):
    await keys.find("a")
    clock.now += FRESH - 1
    await keys.find("a")
    assert address.asked == 1
    clock.now += 1
    await keys.find("a")
    assert address.asked == 2


async def test_while_the_address_is_away_the_keys_are_kept_for_a_day(keys, address, clock, caplog):
    await keys.find("a")
    address.answer = OSError("no route")
    clock.now += FRESH
    with caplog.at_level(logging.WARNING, "hubbub.accounts"):
        assert (await keys.find("a")).key_id == "a"
    assert "keys_unknown reason=OSError" in caplog.text
    with pytest.raises(OverloadedError):
        await keys.find("b")
    clock.now += STALE
    with pytest.raises(OverloadedError):
        await keys.find("a")


async def test_where_no_key_was_ever_seen_nobody_is_called_a_liar(keys, address, clock):
    address.answer = OSError("no route")
    for _ in range(10):
        with pytest.raises(OverloadedError):
            await keys.find("a")
    assert address.asked == 1
    address.answer = body(row(RSA, "a"))
    clock.now += REST
    assert (await keys.find("a")).key_id == "a"


@pytest.mark.parametrize(
    "answer",
    [b"", b"no json", b"[]", b"{}", b'{"keys": 7}', b'{"keys": []}', b'{"keys": [7]}', b"[" * 9999],
)
async def test_what_is_no_set_of_keys_is_none(keys, address, answer):
    address.answer = answer
    with pytest.raises(OverloadedError):
        await keys.find("a")


@pytest.mark.parametrize(
    "other",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "b"},
        row(OTHER_RSA, "b", use="enc"),
        {"kty": "unheard-of", "kid": "b"},
        {},
    ],
)
async def test_a_secret_and_keys_for_another_use_are_left_out(keys, address, other):
    address.answer = body(row(RSA, "a"), other)
    assert (await keys.find("a")).key_id == "a"
    with pytest.raises(UnauthenticatedError):
        await keys.find("b")


async def test_two_keys_of_one_id_are_none(keys, address):
    address.answer = body(row(RSA, "a"), row(OTHER_RSA, "a"))
    with pytest.raises(UnauthenticatedError):
        await keys.find("a")


@contextmanager
def serving(answer):
    """A real server, whose handler is `answer(handler)`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answer(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/keys"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer_with(payload, status=200, **headers):
    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(payload)

    return answer


async def test_the_loop_goes_on_while_an_address_is_asked():
    asked, go = threading.Event(), threading.Event()

    def answer(handler):
        asked.set()
        go.wait(10)
        answer_with(body(row(RSA, "a")))(handler)

    with serving(answer) as address:
        found = asyncio.create_task(KeySet(address).find("a"))
        assert await asyncio.to_thread(asked.wait, 10)
        assert not found.done()
        go.set()  # by the loop itself, which could not if it waited
        assert (await found).key_id == "a"


async def test_too_large_an_answer_is_not_read_to_its_end():
    sent = []

    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(b" " * 64 * 1024)
                sent.append(1)
        except OSError:
            pass

    with serving(answer) as address, pytest.raises(ValueError, match="too large"):
        await asyncio.to_thread(module.ask_address, address)
    assert LARGEST < 1000 * 64 * 1024
    assert len(sent) < 1000


async def test_an_answer_that_trickles_is_given_up(monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0.3)
    over = threading.Event()

    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        while not over.wait(0.01):
            try:
                handler.wfile.write(b" ")
            except OSError:
                return

    with serving(answer) as address:
        began = monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(module.ask_address, address)
        assert monotonic() - began < 8
        over.set()


async def test_whoever_waits_is_not_kept_by_a_head_that_trickles(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    over = threading.Event()

    with serving(lambda handler: over.wait(10)) as address:
        with pytest.raises(OverloadedError):
            await KeySet(address).find("a")
        over.set()


async def test_another_address_is_not_gone_to():
    with (
        serving(answer_with(body(row(RSA, "a")))) as other,
        serving(answer_with(b"", 302, Location=other)) as address,
        pytest.raises(OSError, match="302"),
    ):
        await asyncio.to_thread(module.ask_address, address)


async def test_a_token_by_a_key_of_the_address(ada, settings, make_scope):
    settings.HUBBUB_AUTHENTICATION = ["jwt"]
    settings.HUBBUB_JWT_ALGORITHMS = ["RS256", "ES256"]
    claims = {"sub": str(ada.pk), "exp": int(time()) + 60}

    async def who(key, algorithm, kid):
        token = jwt.encode(claims, key, algorithm, {"kid": kid})
        return (await identify(make_scope(("authorization", f"Bearer {token}")))).user_id

    with serving(answer_with(body(row(RSA, "r"), row(P256, "e")))) as address:
        settings.HUBBUB_JWT_KEYS_ADDRESS = address
        assert await who(RSA, "RS256", "r") == ada.pk
        assert await who(P256, "ES256", "e") == ada.pk
        for key, algorithm, kid in ((RSA, "RS256", "e"), (OTHER_RSA, "RS256", "r")):
            with pytest.raises(UnauthenticatedError):
                await who(key, algorithm, kid)
        with pytest.raises(UnauthenticatedError):
            await who(RSA, "RS256", "unknown")
