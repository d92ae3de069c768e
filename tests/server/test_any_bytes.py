"""Whatever bytes come in: an answer, an error frame or a close code; never a traceback.

Hypothesis prints the seed and the example of a failure (`--hypothesis-seed` repeats a run).
"""

import json
import logging
from itertools import count

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.server.peer import BINARY, CLOSE, CONTINUED, PING, PONG, TEXT, Peer, client_frame, opened
from tests.server.peer import request as handshake
from tests.server.serving import serving

PATHS = ["/ws/chat/any-bytes/", "/ws/notifications/", "/ws/counter/"]
CLOSES = {1000, 1001, 1002, 1007, 1009, None}
FEW = settings(
    max_examples=100,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


# The tables are made only where a test says that it needs them.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def hubbub(django_db_setup, django_db_blocker):
    """Hubbub itself on a port, without rate limits; names are looked up in the tests' database."""
    from django.test import override_settings

    from hubbub.asgi import application

    changes = {
        "HUBBUB_RATE_LIMIT": "off",
        "ROOT_URLCONF": "hubbub.urls",
        "ALLOWED_HOSTS": ["*"],
    }
    with (
        django_db_blocker.unblock(),
        override_settings(**changes),
        serving(application, loop="uvloop", ws_max_size=65536) as server,
    ):
        yield server


@pytest.fixture
def silence(caplog):
    """Nothing may be logged as an error."""
    caplog.set_level(logging.ERROR)
    yield
    assert not [record.getMessage() for record in caplog.records]


NUMBERS = count()


def ask(peer):
    """Send what every endpoint answers with an error frame, and read up to that answer."""
    mark = f"mark-{next(NUMBERS)}"
    peer.say(json.dumps({"type": "?", "action": "?", "id": mark}))
    while (answer := read_text(peer)).get("id") != mark:
        assert answer["type"] != "error" or answer["message"], answer
    assert answer["message"] == "Invalid message format"


def read_text(peer):
    frame = peer.frame()
    while frame.opcode == PONG:
        frame = peer.frame()
    assert frame.opcode == TEXT, frame
    return json.loads(frame.payload)


def end_of(data):
    """The close code at the end of what a server sent: frames, then the end."""
    place, code = 0, None
    while place < len(data):
        first, size = data[place], data[place + 1]
        place += 2
        assert size < 127
        if size == 126:
            size = int.from_bytes(data[place : place + 2], "big")
            place += 2
        if first == 0x80 | CLOSE:
            code = int.from_bytes(data[place : place + 2], "big") or None
        place += size
    assert place == len(data)
    return code


def still_serves(server):
    for path in PATHS:
        with opened(server.port, path) as peer:
            ask(peer)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)
words = st.sampled_from(
    ["chat_message", "typing", "presence", "increment", "decrement", "reset", "read", "history"]
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "type": words | json_values,
        "action": words | json_values,
        "message": st.text(max_size=1100) | json_values,
        "username": st.text(max_size=70) | json_values,
        "value": st.integers() | json_values,
        "id": st.text(max_size=70) | json_values,
    },
)
numbers = st.sampled_from(["1e999", "-0", "9" * 3000, "1e-400", "NaN", "1.0", "true", "[[]]"])
payloads = st.one_of(
    json_values.map(json.dumps).map(str.encode),
    requests.map(json.dumps).map(str.encode),
    numbers.map(lambda number: f'{{"action":"increment","value":{number}}}'.encode()),
    st.integers(30, 2000).map(lambda depth: b'{"a":' * depth),
    st.text(max_size=200).map(str.encode),
    st.binary(max_size=200),
)


@pytest.mark.parametrize("path", PATHS)
@FEW
@given(st.lists(payloads, max_size=5))
def test_any_binary_message_gets_its_answer_and_the_connection_lives(
    hubbub, silence, path, messages
):
    with opened(hubbub.port, path) as peer:
        for payload in messages:
            peer.send(BINARY, payload)
        ask(peer)


@pytest.mark.parametrize("path", PATHS)
@FEW
@given(st.lists(payloads.map(lambda data: data.decode(errors="replace")), max_size=5))
def test_any_text_message_gets_its_answer_and_the_connection_lives(hubbub, silence, path, messages):
    with opened(hubbub.port, path) as peer:
        for text in messages:
            peer.say(text)
        ask(peer)


frames = st.builds(
    client_frame,
    st.sampled_from([CONTINUED, TEXT, BINARY, CLOSE, PING, PONG, 3, 11]),
    payloads,
    final=st.booleans(),
    reserved=st.sampled_from([0, 0, 0, 0x40]),
    mask=st.binary(min_size=4, max_size=4) | st.none(),
    size=st.none() | st.integers(0, 2**64 - 1),
)


@pytest.mark.parametrize("path", PATHS)
@FEW
@given(st.lists(frames | st.binary(max_size=50), max_size=6).map(b"".join))
def test_any_frames_are_borne_or_ended_with_a_code(hubbub, silence, path, data):
    with opened(hubbub.port, path) as peer:
        peer.write(data)
        peer.stop_writing()
        code = end_of(peer.rest())
    note(f"closed with {code}")
    assert code in CLOSES or 3000 <= code < 5000


heads = st.one_of(
    st.binary(max_size=300),
    st.builds(
        handshake,
        st.sampled_from([*PATHS, "/", "/ws/chat/%ff/", "/ws/chat/" + "x" * 70, "*", "//", "/%00"]),
        st.text(st.characters(max_codepoint=255), max_size=60),
        method=st.sampled_from(["GET", "POST", "HEAD", "BREW"]),
        version=st.sampled_from(["13", "8", "\x00"]),
        key=st.sampled_from(["dGhlIHNhbXBsZSBub25jZQ==", "", "\xff"]),
    ),
)


@FEW
@given(heads)
def test_any_handshake_gets_an_http_answer_or_is_hung_up_on(hubbub, silence, head):
    with Peer(hubbub.port) as peer:
        peer.write(head)
        peer.stop_writing()
        answer = peer.rest()
    assert not answer or answer.startswith(b"HTTP/1.1 ")
    assert answer[9:12] not in {b"500", b"503"}, answer


def test_it_still_serves_afterwards(hubbub, silence):
    still_serves(hubbub)
