import pytest

from hubbub.wire import closes
from hubbub.wire.closes import Close, report_close, restarting

ALL = {name: close for name, close in vars(closes).items() if isinstance(close, Close)}


@pytest.mark.parametrize(
    ("name", "code", "reason", "come_back"),
    [
        ("NORMAL", 1000, "", "client's choice"),
        ("GOING_AWAY", 1001, "going away", "client's choice"),
        ("TOO_BIG", 1009, "message too big", "no"),
        ("INTERNAL_ERROR", 1011, "internal error", "yes"),
        ("TRY_LATER", 1013, "try again later", "yes"),
        ("UNAUTHENTICATED", 4401, "authentication required", "signed in"),
        ("TOKEN_EXPIRED", 4401, "token expired", "signed in"),
        ("SESSION_ENDED", 4401, "session ended", "signed in"),
        ("FORBIDDEN", 4403, "not allowed", "no"),
        ("TOO_SLOW", 4408, "too slow", "yes"),
        ("RATE_LIMIT", 4429, "rate limit", "yes"),
    ],
)
def test_a_goodbye_is_as_documented(name, code, reason, come_back):
    assert ALL[name] == Close(code, reason, come_back)


@pytest.mark.parametrize("close", ALL.values(), ids=ALL)
def test_a_goodbye_fits_into_a_close_frame_with_a_code_that_may_be_sent(close):
    assert len(close.reason.encode()) <= 123
    assert close.code in (1000, 1001, 1002, 1007, 1009, 1011, 1013) or 4000 <= close.code < 5000


def test_a_restarting_server_says_when_to_come_back():
    assert restarting(1500) == Close(1012, "server restarting retry_after_ms=1500", "yes")
    assert len(restarting(10**12).reason) <= 123


SAID = {
    "PROTOCOL_ERROR": 'connection_closed reason="protocol error" code=1002',
    "INVALID_TEXT": 'connection_closed reason="invalid UTF-8" code=1007',
    "TOO_BIG": 'connection_closed reason="message too big" code=1009',
    "SILENT": 'connection_closed reason="no answer to a ping" code=1011',
    "TRY_LATER": 'connection_closed reason="try again later" code=1013',
    "FULL": "connection_closed reason=full code=1013",
    "NO_SNAPSHOT": 'connection_closed reason="no snapshot" code=1013',
    "TOO_MANY": 'connection_closed reason="connections of a user" code=1013',
    "FORBIDDEN": 'connection_closed reason="not allowed" code=4403',
    "TOO_SLOW": 'member_too_slow reason="too slow" code=4408',
    "RATE_LIMIT": 'connection_closed reason="rate limit" code=4429',
}


@pytest.mark.parametrize("name", SAID)
def test_a_close_is_logged_with_its_reason_and_the_address(name, caplog):
    report_close(ALL[name], "10.0.0.1")
    assert caplog.messages == [f"{SAID[name]} address=10.0.0.1"]


@pytest.mark.parametrize("close", [one for name, one in ALL.items() if name not in SAID])
def test_a_close_that_has_a_line_of_its_own_has_no_second(close, caplog):
    report_close(close, "10.0.0.1")
    report_close(restarting(1000), "10.0.0.1")
    assert caplog.messages == []
