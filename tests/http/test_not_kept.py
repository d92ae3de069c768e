"""Answers in a project whose middleware keeps whatever may be kept (Django's per-site cache)."""

import pytest
from django.core.cache import cache

CACHE = "django.middleware.cache."


@pytest.fixture(autouse=True)
def kept(settings):
    settings.MIDDLEWARE = [
        f"{CACHE}UpdateCacheMiddleware",
        *settings.MIDDLEWARE,
        "tests.http.test_ways.by_name",
        f"{CACHE}FetchFromCacheMiddleware",
    ]
    yield
    cache.clear()


def test_a_page_of_the_project_s_own_is_kept(call):
    assert "max-age" in call("GET", "/page/")["Cache-Control"]


def test_a_caller_never_gets_what_another_got(transactional_db, call):
    names = [call("GET", "/api/trial/me/", headers={"X-Middleware": name}).json() for name in "ab"]
    assert [name["username"] for name in names] == ["a", "b"]


def test_what_has_changed_is_told_anew(transactional_db, call):
    def stands():
        return call("GET", "/api/counter/global/").json()["data"]["counter"]

    before = stands()
    call("POST", "/api/counter/global/", '{"action": "increment"}', "application/json")
    assert stands() == before + 1


FLEETING = ["/api/trial/async/ninja/", "/api/nothing/", "/healthz", "/readyz"]


@pytest.mark.parametrize("path", FLEETING)
def test_no_cache_is_to_keep_a_failure_or_what_a_probe_hears(transactional_db, call, path):
    assert call("GET", path)["Cache-Control"] == "no-store, private"


def test_the_description_is_kept_and_asked_about(call):
    assert call("GET", "/api/openapi.json")["Cache-Control"] == "no-cache, max-age=0"
