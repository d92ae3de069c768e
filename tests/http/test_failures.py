import json
import logging

import pytest

from hubbub.accounts.tokens import token_create
from tests.http.urls import SECRET_DETAIL

TRIAL = "/api/trial"


def error(sentence: str) -> dict[str, str]:
    return {"status": "error", "message": sentence}


@pytest.mark.parametrize(
    ("name", "status", "sentence", "retry_after"),
    [
        ("http404", 404, "Not found", None),
        ("denied", 403, "Not allowed", None),
        ("suspicious", 400, "Bad request", None),
        ("bad", 400, "Bad request", None),
        ("unreadable", 400, "Bad request", None),
        ("locked", 503, "Server is busy, try again", "1"),
        ("closed", 503, "Server is busy, try again", "1"),
        ("unforeseen", 500, "Internal error", None),
        ("ninja", 418, "I am a teapot", None),
        ("rate", 429, "Rate limit exceeded", "3"),
        ("busy", 503, "Server is busy, try again", "1"),
        ("format", 400, "Invalid message format", None),
    ],
)
@pytest.mark.parametrize("kind", ["async", "sync"])
@pytest.mark.parametrize("debug", [False, True])
def test_every_failure_has_the_common_shape(  # noqa: PLR0917
    call, settings, kind, debug, name, status, sentence, retry_after
):
    settings.DEBUG = debug
    response = call("GET", f"{TRIAL}/{kind}/{name}/")
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert response.json() == error(sentence)
    assert response.get("Retry-After") == retry_after
    assert SECRET_DETAIL not in response.content.decode()


def test_what_nobody_foresaw_is_logged_without_the_query(call, caplog):
    call("GET", f"{TRIAL}/async/unforeseen/?token=hub_secret")
    (record,) = [record for record in caplog.records if record.name == "hubbub.http"]
    assert (record.event, record.levelno) == ("http_failed", logging.ERROR)
    assert record.exc_info[0] is ZeroDivisionError
    assert "/api/trial/async/unforeseen/" in record.getMessage()
    assert "hub_secret" not in caplog.text


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/nowhere",
        "/api/nowhere/",
        "/api/notifications/send",
        "/api/notifications//send/",
        "/api/%00/%0a",
        "/api/docs",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_told_so(call, settings, debug, path, method):
    settings.DEBUG = debug
    response = call(method, path)
    assert response.status_code == 404
    assert response.json() == error("Not found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/api/notifications/send/", "POST"),
        ("DELETE", "/api/trial/number/", "GET, POST"),
        ("BREW", "/api/auth/token/", "POST"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_told_so_with_those_it_has(call, method, path, allow):
    response = call(method, path)
    assert response.status_code == 405
    assert response["Allow"] == allow
    assert response.json() == error("Method not allowed")


def post(call, data: bytes, content_type: str = "application/json"):
    return call("POST", f"{TRIAL}/number/", data=data, content_type=content_type)


def test_a_good_body_is_read(call):
    response = post(call, b'{"number": 7}', "application/json; charset=utf-8")
    assert response.status_code == 200
    assert response.json() == {"number": 7}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{'number': 7}",
        b'{"number": NaN}',
        b'{"number": 7}}',
        b"\xff\xfe",
        b'{"number": "\xff"}',
        b'{"number": "\\ud800"}',
        b"[" * 5000,
        b"[" * 33 + b"]" * 33,
    ],
)
def test_what_is_not_json_is_told_so(call, data):
    response = post(call, data)
    assert response.status_code == 400
    assert response.json() == error("Invalid JSON format")


@pytest.mark.parametrize(
    "data",
    [b"null", b"7", b'"text"', b"[]", b"{}", b'{"number": []}', b'{"number": 1e999}'],
)
def test_json_of_another_form_is_told_so(call, data):
    response = post(call, data)
    assert response.status_code == 400
    at_fault = {"field": "number"} if data.startswith(b"{") else {}
    assert response.json() == error("Invalid message format") | at_fault


def test_a_parameter_of_the_wrong_type_is_told_so(call):
    response = call("GET", f"{TRIAL}/number/?number=many")
    assert response.status_code == 400
    assert response.json() == error("Invalid message format") | {"field": "number"}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/chat/lobby/messages/?limit=201", "limit"),
        ("/api/chat/lobby/messages/?before=0", "before"),
        ("/api/chat/rooms/?after=a b", "after"),
        ("/api/auth/tokens/?limit=many", "limit"),
    ],
)
def test_a_parameter_of_a_page_is_named_that_is_at_fault(call, ada, path, field):
    response = call("GET", path, headers={"Authorization": f"Bearer {token_create(user=ada)}"})
    assert response.json() == error("Invalid message format") | {"field": field}


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"],
)
def test_another_type_than_json_is_refused(call, content_type):
    response = post(call, b'{"number": 7}', content_type)
    assert response.status_code == 415
    assert response.json() == error("Content-Type must be application/json")


def test_a_body_over_the_limit_of_hubbub_is_refused(call, settings):
    settings.HUBBUB_MAX_FRAME = 4096
    fitting = json.dumps({"number": 7}).encode().ljust(4096)
    assert post(call, fitting).status_code == 200
    response = post(call, fitting + b" ")
    assert response.status_code == 413
    assert response.json() == error("Body too large")


def test_a_body_over_the_limit_of_django_is_refused(call, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = post(call, b" " * 101)
    assert response.status_code == 413
    assert response.json() == error("Body too large")


def test_a_refused_caller_is_told_how_to_show_a_token(call):
    response = call("GET", f"{TRIAL}/me/", headers={"Authorization": "Bearer nonsense"})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json() == error("Authentication required")
