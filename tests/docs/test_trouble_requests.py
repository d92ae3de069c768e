"""`docs/trouble.md`: a request that is refused, a page that is blank."""

import sqlite3
from urllib.request import Request

import pytest
from django.conf import settings as configured
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from hubbub.static_files import with_static_files
from tests.docs.trouble import frames, say, see
from tests.http.calls import call
from tests.servers import opener

SAY = "/api/chat/general/messages/"
BLANK = [
    ("/api/docs/", "Not Found: /static/ninja/swagger-ui-bundle.js"),
    ("/admin/login/", "Not Found: /static/admin/css/base.css"),
]


class Locked:
    """Another program holds the lock of the database's file."""

    def __enter__(self):
        name = configured.DATABASES["default"]["NAME"]
        self.program = sqlite3.connect(name, isolation_level=None)
        self.program.execute("BEGIN IMMEDIATE")

    def __exit__(self, *_):
        self.program.execute("ROLLBACK")
        self.program.close()


@pytest.fixture
def ada(transactional_db):
    return get_user_model().objects.create_user("ada", password="lovelace")


def refusal(ws):
    [*_, error] = frames(ws, "error")
    return error


def got(url, data=None, **headers):
    """The status and the text of an answer."""
    request = Request(url, data, {"Content-Type": "application/json", **headers})
    try:
        with opener.open(request, timeout=20) as answer:
            return f"HTTP {answer.status} {answer.read().decode()}"
    except OSError as error:
        return f"HTTP {error.code} {error.read().decode()}"


class TestARequest:
    @pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has one lock")
    def test_while_the_database_is_locked(self, site):
        with site.hear() as ws:
            with Locked():
                say(ws, "x", id="m-1")
                see(refusal(ws)["message"], "Server is busy, try again")
            say(ws, "x", id="m-1")
            assert frames(ws, "ack")[-1]["seq"] == 1
        see(site.log("overloaded"), "database_away reason=storing", "overloaded reason=database")

    def test_too_often(self, site, settings):
        settings.HUBBUB_RATE_LIMIT = "1/h"
        with site.hear() as ws:
            say(ws, "x")
            say(ws, "x")
            error = refusal(ws)
        see(error["message"], "Rate limit exceeded")
        assert error["retry_after"] > 0
        see(site.log("rate_limited"), "rate_limited")

    def test_under_the_name_of_an_account(self, site, ada):
        with site.hear() as ws:
            say(ws, "x", username="ada")
            see(refusal(ws)["message"], "Not allowed")
        see(site.log("request_refused"), "request_refused reason=forbidden")

    def test_with_a_wrong_key(self, site):
        with site.hear() as ws:
            say(ws, "x", username=7)
            error = refusal(ws)
        see(error["message"], "Invalid message format")
        assert error["field"] == "username"
        see(site.log("request_refused"), "request_refused reason=invalid_format")

    def test_with_an_id_that_was_used(self, site):
        with site.hear() as ws:
            say(ws, "x", id="m-1")
            say(ws, "y", id="m-1")
            see(refusal(ws)["message"], "This id was used for something else")
        see(site.log("request_refused"), "request_refused reason=id_conflict")

    def test_with_a_session_and_no_csrf_token(self, site, ada):
        client = Client()
        client.force_login(ada)
        cookie = f"sessionid={client.cookies['sessionid'].value}"
        answer = got(f"{site.url}{SAY}", b'{"message": "x"}', Cookie=cookie)
        see(answer, "HTTP 403", "CSRF token missing or wrong")

    def test_of_one_who_may_not_send(self, site):
        answer = call(f"{site.url}/api/notifications/send/", {"title": "a", "message": "b"})
        see(f"HTTP {answer.status} {answer.body}", "HTTP 401", "Authentication required")
        see(site.log("credential_refused"), "credential_refused reason=anonymous")

    def test_to_a_host_that_is_not_allowed(self, site, settings):
        settings.ALLOWED_HOSTS = ["example.org"]
        see(got(f"{site.url}{SAY}", b'{"message": "x"}'), "HTTP 400", "Bad Request (400)")
        see(site.log("HTTP_HOST"), "Invalid HTTP_HOST header")


class TestABlankPage:
    @pytest.mark.parametrize(("page", "line"), BLANK)
    def test_has_no_static_files(self, site, settings, page, line):
        file = line.removeprefix("Not Found: ")
        settings.ROOT_URLCONF = "tests.docs.urls"
        assert file in got(f"{site.url}{page}")
        assert got(f"{site.url}{file}").startswith("HTTP 404")
        see(site.log("Not Found"), line)
        settings.DEBUG = True
        site.server.application = with_static_files(site.server.application)
        assert got(f"{site.url}{file}").startswith("HTTP 200")
