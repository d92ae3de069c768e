"""Health, and the API, in projects whose middleware lets nobody else through."""

import pytest
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path

from hubbub.http.health import healthz
from hubbub.journal.apps import HEALTH

PROBED = ["/healthz", "/readyz"]
FOREIGN = {"Host": "10.1.2.3:8080"}


def maintenance(get_response):
    """A project's: nobody is served today."""
    return lambda request: HttpResponse("Back at noon", status=503)


def by_path(get_response):
    """A project's: everybody is sent to a login, by the path."""

    def middleware(request):
        if request.user.is_authenticated or request.path.startswith("/api/"):
            return get_response(request)
        return HttpResponseRedirect("/login/")

    return middleware


def failing(get_response):
    def middleware(request):
        raise ZeroDivisionError

    return middleware


def own_health(request):
    return HttpResponse("the project's own")


urlpatterns = [path("healthz", own_health), path("live/healthz", healthz)]


@pytest.fixture
def in_front(settings):
    """Behind the middlewares of a test, the settings as a process has them."""

    def put(*middlewares):
        settings.MIDDLEWARE = [HEALTH, *middlewares, *settings.MIDDLEWARE[1:]]

    assert settings.MIDDLEWARE[0] == HEALTH, "the app has put it there"
    return put


@pytest.mark.parametrize("url", PROBED)
def test_health_needs_no_host(transactional_db, call, settings, url):
    settings.ALLOWED_HOSTS = ["example.org"]
    assert call("GET", url, headers=FOREIGN).json() == {"status": "ok"}
    assert call("GET", url, headers={"Host": "no host at all"}).json() == {"status": "ok"}
    assert call("GET", "/api/chat/rooms/", headers=FOREIGN).status_code == 400


@pytest.mark.parametrize("url", PROBED)
def test_health_needs_no_https(transactional_db, call, settings, url, in_front):
    in_front("django.middleware.security.SecurityMiddleware")
    settings.SECURE_SSL_REDIRECT = True
    assert call("GET", url).status_code == 200
    assert call("GET", "/api/chat/rooms/").status_code == 301


@pytest.mark.parametrize("name", ["maintenance", "failing"])
@pytest.mark.parametrize("url", PROBED)
def test_health_needs_nothing_of_a_project(transactional_db, call, url, in_front, name):
    in_front(f"{__name__}.{name}")
    assert call("GET", url).status_code == 200
    assert call("GET", "/api/chat/rooms/").status_code >= 500


@pytest.mark.parametrize("url", PROBED)
def test_health_needs_no_user(transactional_db, call, settings, url):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.by_path"]
    assert call("GET", url).status_code == 200
    assert call("GET", "/page/").status_code == 302


def test_health_under_a_prefix(call, settings):
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["example.org"]
    assert call("GET", "/live/healthz", headers=FOREIGN).status_code == 200


def test_what_only_ends_so_is_no_health(transactional_db, call, settings):
    settings.ALLOWED_HOSTS = ["example.org"]
    assert call("GET", "/unhealthz", headers=FOREIGN).status_code == 400


def test_a_projects_own_health_is_its_own(call, settings):
    settings.ROOT_URLCONF = __name__
    assert call("GET", "/healthz").content == b"the project's own"
    settings.ALLOWED_HOSTS = ["example.org"]
    assert call("GET", "/healthz", headers=FOREIGN).status_code == 400


@pytest.fixture
def login_required(settings):
    last = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, last]
    settings.LOGIN_URL = "/login/"


@pytest.mark.parametrize("url", [*PROBED, "/api/chat/rooms/", "/api/docs/", "/api/openapi.json"])
def test_django_s_own_login_for_all_lets_our_paths_through(
    transactional_db, login_required, call, url
):
    assert call("GET", url).status_code == 200


def test_there_the_api_asks_for_itself(transactional_db, login_required, call):
    assert call("GET", "/api/auth/tokens/").status_code == 401
    assert call("GET", "/api/nowhere/").status_code == 404
    assert call("GET", "/page/").status_code == 302


def test_there_health_asks_nobody_though_the_project_has_another_order(
    transactional_db, login_required, call, settings
):
    settings.MIDDLEWARE = settings.MIDDLEWARE[1:]
    for url in PROBED:
        assert call("GET", url).status_code == 200
