import logging

import pytest

from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.conf import Settings
from hubbub.errors import (
    ForbiddenError,
    InvalidFormatError,
    OverloadedError,
    RateLimitedError,
    UnauthenticatedError,
)
from hubbub.fanout.frame import make_frame
from hubbub.sockets import connection as module
from hubbub.sockets.connection import PATIENCE, PATIENCE_SECONDS, Connection
from hubbub.sockets.failures import HangUp
from hubbub.wire.closes import TRY_LATER, UNAUTHENTICATED
from tests.sockets.outlets import Outlet, Seat


class Consumer:
    """Notes what it is asked; raises what it was told to."""

    def __init__(self, **raises):
        self.raises = raises
        self.calls = []

    def _do(self, name, *args):
        self.calls.append((name, *args))
        if name in self.raises:
            raise self.raises[name]

    def open(self):
        self._do("open")

    def receive(self, payload):
        self._do("receive", payload)

    def extend(self):
        self._do("extend")

    def extended(self):
        self._do("extended")

    def leave(self):
        self._do("leave")


@pytest.fixture
def outlet():
    return Outlet()


@pytest.fixture
def released():
    """How often the connection gave back what it held."""
    return []


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is moved."""
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def connect(outlet, released):
    """A connection to a consumer, open."""

    def build(consumer, *, caller=ANONYMOUS, address="10.0.0.1", **settings):
        connection = Connection(
            outlet=outlet,
            caller=caller,
            address=address,
            extended=False,
            query=b"",
            settings=Settings(**{"rate_limit": "off", **settings}),
            seat=Seat(released),
        )
        connection.give(consumer)
        connection.open()
        return connection

    return build


def sentences(outlet):
    return [frame["message"] for frame in outlet.frames]


def test_messages_go_to_the_consumer(connect):
    consumer = Consumer()
    connection = connect(consumer)
    connection.received("text")
    connection.received(b"bytes")
    assert consumer.calls == [("open",), ("receive", "text"), ("receive", b"bytes")]


@pytest.fixture
def unopened(outlet):
    return Connection(
        outlet=outlet,
        caller=ANONYMOUS,
        address="10.0.0.1",
        extended=False,
        query=b"",
        settings=Settings(),
        seat=Seat(),
    )


def test_what_came_before_the_consumer_is_taken_after_its_first_frames(unopened):
    consumer = Consumer()
    unopened.received("one")
    unopened.received("two")
    unopened.give(consumer)
    unopened.open()
    unopened.received("three")
    calls = [("open",), ("receive", "one"), ("receive", "two"), ("receive", "three")]
    assert consumer.calls == calls


@pytest.mark.parametrize(
    "end", [lambda it: it.hang_up(HangUp(TRY_LATER)), lambda it: it.closed(1006)]
)
def test_nothing_is_kept_that_nobody_will_take(unopened, end):
    unopened.received("one")
    end(unopened)
    unopened.received("two")
    assert unopened._early is None


def test_a_frame_goes_to_this_connection(connect, outlet):
    connect(Consumer()).send(make_frame(b'{"type":"x"}'))
    assert outlet.frames == [{"type": "x"}]


def test_a_refusal_becomes_an_error_frame_and_the_connection_lives(connect, outlet):
    connection = connect(Consumer(receive=ForbiddenError()))
    connection.received('{"id":"c-1"}')
    assert outlet.frames == [
        {"type": "error", "message": "Not allowed", "code": "forbidden", "id": "c-1"}
    ]
    assert not outlet.goodbyes


def test_a_hang_up_closes(connect, outlet):
    connect(Consumer(receive=HangUp(TRY_LATER))).received("x")
    assert (outlet.frames, outlet.goodbyes) == ([], [(1013, "try again later")])


def test_a_hang_up_with_a_refusal_tells_it_first(connect, outlet):
    connect(Consumer(open=HangUp(UNAUTHENTICATED, ForbiddenError())))
    assert sentences(outlet) == ["Not allowed"]
    assert outlet.goodbyes == [(4401, "authentication required")]


@pytest.mark.parametrize("where", ["open", "receive"])
def test_a_consumer_that_fails_is_logged_and_closes_with_1011(connect, outlet, caplog, where):
    failure = ZeroDivisionError()
    connection = connect(Consumer(**{where: failure}))
    connection.received("x")
    assert outlet.goodbyes == [(1011, "internal error")]
    (record,) = caplog.records
    assert (record.levelno, record.exc_info[1]) == (logging.ERROR, failure)


def test_closing_is_handed_on(connect, outlet):
    connect(Consumer()).close(TRY_LATER)
    assert outlet.goodbyes == [(1013, "try again later")]


def test_at_the_end_the_consumer_leaves_and_what_was_held_is_given_back_once(connect, released):
    consumer = Consumer()
    connection = connect(consumer)
    for _ in range(2):
        connection.closed(1000)
    assert consumer.calls == [("open",), ("leave",)]
    assert released == [True]


def test_what_was_held_is_given_back_even_if_the_consumer_fails_to_leave(connect, released):
    connection = connect(Consumer(leave=ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        connection.closed(1000)
    assert released == [True]


def test_a_connection_that_never_got_a_consumer_gives_back_too(outlet, released):
    connection = Connection(
        outlet=outlet,
        caller=ANONYMOUS,
        address="",
        extended=False,
        query=b"",
        settings=Settings(),
        seat=Seat(released),
    )
    connection.received("too early")
    connection.closed(1006)
    assert released == [True]


def test_nothing_is_asked_of_a_consumer_that_has_left(connect):
    consumer = Consumer()
    connection = connect(consumer)
    connection.closed(1000)
    connection.received("late")
    assert ("receive", "late") not in consumer.calls


# Size.


@pytest.mark.parametrize("payload", ["x" * 5000, b"x" * 5000, "ä" * 2500, "\U0001f600" * 1250])
def test_a_message_of_the_largest_size_passes_and_one_byte_more_closes(connect, outlet, payload):
    connection = connect(Consumer(), max_frame=5000)
    connection.received(payload)
    assert not outlet.goodbyes
    connection.received(payload + (b"x" if isinstance(payload, bytes) else "x"))
    assert outlet.goodbyes == [(1009, "message too big")]


# Rates.


def test_a_connection_s_messages_are_limited_and_it_is_told_how_long_to_wait(
    connect, outlet, clock
):
    consumer = Consumer()
    connection = connect(consumer, rate_limit="2/m")
    for _ in range(2):
        connection.received("x")
    connection.received('{"id":"c-1"}')
    assert outlet.frames == [
        {
            "type": "error",
            "message": "Rate limit exceeded",
            "code": "rate_limited",
            "id": "c-1",
            "retry_after": 30.0,
        }
    ]
    clock[0] += outlet.frames[0]["retry_after"]
    connection.received("x")
    assert [name for name, *_ in consumer.calls].count("receive") == 3


def test_a_refused_message_counts_even_if_it_was_a_bad_one(connect, outlet, clock):
    connection = connect(Consumer(receive=InvalidFormatError()), rate_limit="1/m")
    connection.received("x")
    connection.received("x")
    assert sentences(outlet) == ["Invalid message format", "Rate limit exceeded"]


def test_without_limits_everything_passes(connect, outlet, clock):
    connection = connect(Consumer())
    for _ in range(1000):
        connection.received("x")
    assert not outlet.frames


ADA = Caller(7, "ada")


@pytest.mark.parametrize(
    ("setting", "one", "other"),
    [
        ("rate_limit_user", {"caller": ADA}, {"caller": Caller(8, "bob")}),
        ("rate_limit_address", {"address": "10.0.0.1"}, {"address": "10.0.0.2"}),
    ],
)
def test_a_user_and_an_address_are_limited_over_all_their_connections(
    connect, outlet, setting, one, other
):
    first, second = (connect(Consumer(), **one, **{setting: "2/m"}) for _ in range(2))
    stranger = connect(Consumer(), **other, **{setting: "2/m"})
    first.received("x")
    second.received("x")
    stranger.received("x")
    assert not outlet.frames
    second.received("x")
    assert sentences(outlet) == ["Rate limit exceeded"]


def test_the_anonymous_share_no_user_s_limit(connect, outlet, clock):
    connection = connect(Consumer(), rate_limit_user="1/m")
    for _ in range(3):
        connection.received("x")
    assert not outlet.frames


def test_a_client_that_goes_on_after_many_refusals_is_sent_away(connect, outlet, clock):
    connection = connect(Consumer(), rate_limit="1/m")
    for _ in range(1 + PATIENCE):
        connection.received("x")
    assert not outlet.goodbyes
    connection.received("x")
    assert outlet.goodbyes == [(4429, "rate limit")]


def test_a_flood_that_does_not_end_is_sent_away_although_it_is_slow(connect, outlet, clock):
    connection = connect(Consumer(), rate_limit="1/h")
    for _ in range(5 * PATIENCE):
        connection.received("x")
        clock[0] += PATIENCE_SECONDS / PATIENCE / 2
    assert outlet.goodbyes[0] == (4429, "rate limit")


def test_refusals_over_many_hours_send_nobody_away(connect, outlet, clock):
    connection = connect(Consumer(), rate_limit="1/h")
    for _ in range(5 * PATIENCE):
        connection.received("x")
        clock[0] += 60
    assert not outlet.goodbyes


# Pings.

PING = '{"type":"ping"}'


def test_a_ping_is_answered_and_no_message_of_the_endpoint(connect, outlet, clock):
    consumer = Consumer()
    connection = connect(consumer, rate_limit="1/h")
    connection.received(PING)
    assert outlet.frames == [{"type": "pong"}]
    assert consumer.calls == [("open",), ("extend",)]
    connection.received("x")
    assert consumer.calls[-1] == ("receive", "x")


def test_one_ping_in_five_seconds_is_answered_and_the_others_are_told_when_to_come(
    connect, outlet, clock
):
    connection = connect(Consumer())
    for _ in range(2):
        connection.received(PING)
    pong, error = outlet.frames
    assert (pong["type"], error["code"], error["retry_after"]) == ("pong", "rate_limited", 5.0)
    clock[0] += error["retry_after"]
    connection.received(PING)
    assert outlet.frames[2:] == [{"type": "pong"}]


def test_a_flood_of_pings_is_sent_away_without_any_limit_set(connect, outlet, clock):
    connection = connect(Consumer())
    for _ in range(2 + PATIENCE):
        connection.received(PING)
    assert outlet.goodbyes == [(4429, "rate limit")]


def test_a_connection_is_extended_once_and_not_when_it_is_over(connect):
    consumer = Consumer()
    connection = connect(consumer)
    assert not connection.extended
    for _ in range(2):
        connection.extend()
    assert connection.extended
    assert consumer.calls == [("open",), ("extended",)]
    over = connect(ended := Consumer())
    over.closed(1000)
    over.extend()
    assert ended.calls == [("open",), ("leave",)]


# The log.


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InvalidFormatError(), "request_refused reason=invalid_format"),
        (OverloadedError("writer"), "overloaded reason=writer"),
        (RateLimitedError(1.0, "address"), "rate_limited reason=address"),
        (UnauthenticatedError("anonymous"), "credential_refused reason=anonymous"),
    ],
)
def test_a_refused_request_is_logged_without_what_it_said(connect, caplog, error, line):
    connection = connect(Consumer(receive=error))
    connection.received('{"message": "what she said"}')
    assert caplog.messages == [line]


def test_a_fault_is_logged_with_its_traceback_once_a_minute(connect, caplog):
    for _ in range(3):
        connect(Consumer(receive=ZeroDivisionError("x"))).received("text")
    (record,) = caplog.records
    assert (record.event, record.reason) == ("connection_failed", "ZeroDivisionError")
    assert record.exc_info
