import pytest

from hubbub.accounts.credentials import Credential, Kind, credential_read
from hubbub.errors import UnauthenticatedError

A, B, C, D = (f"hub_{letter * 43}" for letter in "abcd")
BROWSER = [
    ("host", "example.org"),
    ("user-agent", "Mozilla/5.0"),
    ("cookie", "theme=dark; csrftoken=abc"),
    ("sec-websocket-key", "x" * 24),
]
#: What proxies and other programs put into the same header.
FOREIGN = [
    "Basic YTpi",
    'Digest username="a", realm="b", nonce="c", uri="/", response="d"',
    "Negotiate YIIJvwYGKwYBBQUCoIIJszCCCa+gJD",
    "NTLM TlRMTVNTUAABAAAA",
    "AWS4-HMAC-SHA256 Credential=a/b/s3/aws4_request, SignedHeaders=host, Signature=c",
    "ApiKey 1234",
    "Token 1234",
]


def token(secret: str) -> Credential:
    return Credential(Kind.TOKEN, secret)


def session(secret: str) -> Credential:
    return Credential(Kind.SESSION, secret)


def test_a_plain_browser_shows_nothing(make_scope):
    scope = make_scope(*BROWSER, query="since=117&epoch=k3f9", subprotocols=("hubbub.v1",))
    assert credential_read(scope) is None


def test_a_scope_of_headers_alone_is_enough():
    assert credential_read({"headers": []}) is None


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_authorization_header_shows_a_token(make_scope, scheme):
    assert credential_read(make_scope(("authorization", f"{scheme} {A}"))) == token(A)


def test_the_subprotocol_pair_shows_a_token(make_scope):
    scope = make_scope(subprotocols=("hubbub.v1", f"bearer.{A}"))
    assert credential_read(scope) == token(A)


def test_the_query_shows_a_token(make_scope):
    assert credential_read(make_scope(query=f"history=50&token={A}")) == token(A)


def test_the_query_may_be_written_in_percents(make_scope):
    assert credential_read(make_scope(query=f"%74oken=%68{A[1:]}")) == token(A)


def test_a_key_that_only_ends_in_token_is_not_ours(make_scope):
    assert credential_read(make_scope(query="csrftoken=1&room=a%20b")) is None


def test_the_session_cookie_shows_a_session(make_scope):
    scope = make_scope(("cookie", "theme=dark; sessionid=s1; a=b"))
    assert credential_read(scope) == session("s1")


def test_cookies_may_come_in_several_headers(make_scope):
    scope = make_scope(("cookie", "theme=dark"), ("cookie", "sessionid=s1"))
    assert credential_read(scope) == session("s1")


def test_the_setting_names_the_cookie(make_scope, settings):
    settings.SESSION_COOKIE_NAME = "sid"
    assert credential_read(make_scope(("cookie", "sessionid=s1; sid=s2"))) == session("s2")


def test_a_cookie_that_only_contains_the_name_is_not_ours(make_scope):
    assert credential_read(make_scope(("cookie", "oldsessionid=s1"))) is None


def test_the_places_decide_in_the_order_of_the_protocol(make_scope):
    everything = make_scope(
        ("cookie", "sessionid=s1"),
        ("authorization", f"Bearer {A}"),
        query=f"token={C}",
        subprotocols=("hubbub.v1", f"bearer.{B}"),
    )
    assert credential_read(everything) == token(A)
    del everything["headers"][1]
    assert credential_read(everything) == token(B)
    everything["subprotocols"] = ["hubbub.v1"]
    assert credential_read(everything) == token(C)
    everything["query_string"] = b""
    assert credential_read(everything) == session("s1")


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Bearer   ", A, f"Token {A}", "Bearer h\xfcb_"]
)
def test_a_bad_authorization_is_refused_whatever_else_is_good(make_scope, value):
    scope = make_scope(("authorization", value), ("cookie", "sessionid=s1"), query=f"token={A}")
    with pytest.raises(UnauthenticatedError):
        credential_read(scope)


@pytest.mark.parametrize("value", FOREIGN)
def test_another_scheme_is_somebody_elses_and_passed_over(make_scope, value):
    headers = [("authorization", value), ("cookie", "sessionid=s1")]
    assert credential_read(make_scope(*headers)) == session("s1")
    assert credential_read(make_scope(*headers, query=f"token={A}")) == token(A)
    assert credential_read(make_scope(headers[0])) is None


@pytest.mark.parametrize("value", FOREIGN)
def test_a_token_beside_another_scheme_counts(make_scope, value):
    bearer = ("authorization", f"Bearer {A}")
    assert credential_read(make_scope(("authorization", value), bearer)) == token(A)
    assert credential_read(make_scope(bearer, ("authorization", value))) == token(A)


def test_http_has_neither_subprotocols_nor_a_token_in_its_query(make_scope):
    scope = make_scope(query=f"token={A}", subprotocols=("hubbub.v1", f"bearer.{A}"))
    assert credential_read(scope | {"type": "http"}) is None


def test_where_nothing_takes_tokens_only_a_session_is_looked_for(make_scope):
    headers = [("authorization", f"Bearer {A}"), ("cookie", "sessionid=s1")]
    scope = make_scope(*headers, query="token=")
    assert credential_read(scope, bearer=False) == session("s1")


@pytest.mark.parametrize(
    "subprotocols",
    [
        ("hubbub.v1", "bearer."),
        (f"bearer.{A}",),
        ("hubbub.v1", f"bearer.{A}", f"bearer.{B}"),
        ("hubbub.v1", "bearer.\x00"),
    ],
)
def test_a_bad_subprotocol_is_refused(make_scope, subprotocols):
    with pytest.raises(UnauthenticatedError):
        credential_read(make_scope(query=f"token={A}", subprotocols=subprotocols))


@pytest.mark.parametrize(
    "query", ["token=", "token", f"token={A}&token={B}", "token=%00", "token=%FF", "%74oken="]
)
def test_a_bad_token_in_the_query_is_refused(make_scope, query):
    with pytest.raises(UnauthenticatedError):
        credential_read(make_scope(("cookie", "sessionid=s1"), query=query))


def test_two_authorization_headers_are_refused(make_scope):
    headers = [("authorization", f"Bearer {A}"), ("authorization", f"Bearer {B}")]
    with pytest.raises(UnauthenticatedError):
        credential_read(make_scope(*headers))


@pytest.mark.parametrize("value", ["", '""', "s\x001", "s\xfc1"])
def test_a_bad_session_cookie_is_refused(make_scope, value):
    with pytest.raises(UnauthenticatedError):
        credential_read(make_scope(("cookie", f"sessionid={value}")))


def test_the_text_of_a_credential_does_not_show_the_secret():
    assert A not in repr(token(A))
    assert A not in str(token(A))
