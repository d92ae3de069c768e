"""The door itself: who speaks in a request, and the docs."""

import json
import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import set_script_prefix

from hubbub import crossing
from hubbub.accounts.tokens import token_create
from hubbub.http.description import describe
from tests.http.urls import api as door

ME = "/api/trial/me/"
NOBODY = {"user_id": None, "username": "Anonymous", "is_staff": False}


@pytest.fixture
def browser(ada) -> Client:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    return browser


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_request_without_credential_costs_no_database_work(call, monkeypatch):
    monkeypatch.setattr(crossing, "pool", None)
    assert call("POST", ME).json() == NOBODY


def test_a_bearer_token_speaks_for_its_user_without_a_csrf_token(ada, call):
    response = call("POST", ME, headers=bearer(token_create(user=ada)))
    assert response.json() == {"user_id": ada.pk, "username": "ada", "is_staff": False}


@pytest.mark.parametrize("token", ["", "null", "hub_" + "a" * 43, "é"])
def test_a_bad_bearer_token_is_refused(transactional_db, call, token):
    assert call("GET", ME, headers=bearer(token)).status_code == 401


def test_a_bad_bearer_token_is_not_healed_by_a_good_session(browser):
    assert browser.get(ME, headers=bearer("null")).status_code == 401


def test_the_query_shows_no_token_over_http(ada, call):
    assert call("GET", f"{ME}?token={token_create(user=ada)}").json() == NOBODY


def test_a_session_may_read_without_a_csrf_token(browser, ada):
    assert browser.get(ME).json()["user_id"] == ada.pk


def test_a_session_may_not_write_without_a_csrf_token(browser):
    response = browser.post(ME)
    assert response.status_code == 403
    assert response.json() == {"status": "error", "message": "CSRF token missing or wrong"}


def test_a_session_may_write_with_the_csrf_token(browser, ada):
    token = "a" * 32
    browser.cookies["csrftoken"] = token
    assert browser.post(ME, headers={"X-CSRFToken": token}).json()["user_id"] == ada.pk
    assert browser.post(ME, headers={"X-CSRFToken": "b" * 32}).status_code == 403


def test_a_csrf_token_in_the_session_works_too(browser, ada, settings):
    settings.CSRF_USE_SESSIONS = True
    session = browser.session
    session["_csrftoken"] = "a" * 32
    session.save()
    assert browser.post(ME, headers={"X-CSRFToken": "a" * 32}).json()["user_id"] == ada.pk
    assert browser.post(ME).status_code == 403


def test_a_session_without_a_user_needs_no_csrf_token(transactional_db):
    browser = Client(enforce_csrf_checks=True)
    session = browser.session
    session["cart"] = [1]
    session.save()
    assert browser.post(ME).json() == NOBODY


def test_a_session_that_is_gone_is_refused(browser):
    key = browser.cookies["sessionid"].value
    browser.logout()
    browser.cookies["sessionid"] = key
    assert browser.get(ME).status_code == 401


def test_an_inactive_user_is_refused(browser):
    get_user_model().objects.update(is_active=False)
    assert browser.get(ME).status_code == 401


def test_the_description_names_every_path_and_failure(call):
    schema = call("GET", "/api/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert schema["info"]["title"] == "Hubbub"
    assert set(schema["paths"]) >= {
        "/api/auth/token/",
        "/api/auth/token/revoke/",
        "/api/chat/rooms/",
        "/api/chat/{room}/messages/",
        "/api/chat/{room}/presence/",
        "/api/counter/{name}/",
        "/api/notifications/send/",
    }
    send = schema["paths"]["/api/notifications/send/"]["post"]
    statuses = {"200", "400", "401", "403", "404", "405", "413", "415", "429", "503"}
    assert set(send["responses"]) == statuses
    assert {} in send["security"]
    revoke = schema["paths"]["/api/auth/token/revoke/"]["post"]
    assert set(revoke["responses"]) == statuses
    assert "Retry-After" in revoke["responses"]["503"]["headers"]


def test_the_docs_need_no_internet(call):
    page = call("GET", "/api/docs/")
    text = page.content.decode()
    assert page.status_code == 200
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    assert '"validatorUrl": null' in text
    files = re.findall(r"(?:src|href)=\"/static/([^\"]+)\"", text)
    assert len(files) >= 3
    assert all(finders.find(file) for file in files)


def test_the_docs_are_not_taken_from_the_internet_where_ninja_is_not_installed(call, settings):
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "ninja"]
    response = call("GET", "/api/docs/")
    assert response.status_code == 404
    assert response.json()["message"] == "The docs need ninja in INSTALLED_APPS"


def test_the_description_is_made_once_and_sent_to_whom_it_is_new(call, monkeypatch):
    describe.cache_clear()
    first = call("GET", "/api/openapi.json")
    etag = first["ETag"]
    monkeypatch.setattr("hubbub.http.api.Api.get_openapi_schema", None)
    again = call("GET", "/api/openapi.json", headers={"If-None-Match": '"another"'})
    assert (again.status_code, again.content, again["ETag"]) == (200, first.content, etag)
    known = call("GET", "/api/openapi.json", headers={"If-None-Match": f'"another", {etag}'})
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", etag)


def test_under_another_prefix_the_description_has_other_paths():
    paths = []
    for prefix in ("/sub/", "/"):
        set_script_prefix(prefix)
        body, _ = describe(door, prefix)
        paths.append(next(iter(json.loads(body)["paths"])))
    assert paths == [f"/sub{paths[1]}", paths[1]]
