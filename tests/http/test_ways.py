"""The list `HUBBUB_AUTHENTICATION` over HTTP: as on a socket, with Django's check of CSRF."""

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction
from django.contrib.auth import get_user_model
from django.test import AsyncClient, Client
from django.utils.decorators import sync_and_async_middleware

from hubbub.accounts.tokens import token_create

ME = "/api/trial/me/"
OWN = "tests.accounts.projects."
CSRF = (403, "CSRF token missing or wrong")
UNAUTHENTICATED = (401, "Authentication required")


@sync_and_async_middleware
def by_name(get_response):
    """A project's: whom the header X-Middleware names is `request.user`."""

    def find(request):
        name = request.headers.get("X-Middleware")
        if name:
            request.user = get_user_model()(pk=77, username=name)

    if iscoroutinefunction(get_response):

        async def middleware(request):
            find(request)
            return await get_response(request)

        return markcoroutinefunction(middleware)

    def middleware(request):
        find(request)
        return get_response(request)

    return middleware


@pytest.fixture
def own_middleware(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.by_name"]


@pytest.fixture
def session(ada):
    client = Client()
    client.force_login(ada)
    return f"sessionid={client.cookies['sessionid'].value}"


@pytest.fixture(params=[AsyncClient, Client])
def call(request):
    """Send a request through Django's ASGI or WSGI handler, with `Cookie` as a browser does."""

    def send(method, path, *, headers=None):
        client = request.param(enforce_csrf_checks=True)
        shown = dict(headers or {})
        client.cookies.load(shown.pop("Cookie", ""))

        async def ask():
            return await client.generic(method, path, headers=shown)

        if request.param is AsyncClient:
            return async_to_sync(ask)()
        return client.generic(method, path, headers=shown)

    return send


def told(response):
    body = response.json()
    if response.status_code == 200:
        return body["username"]
    return response.status_code, body["message"]


def test_the_user_of_a_middleware_is_who_calls(own_middleware, call):
    assert told(call("GET", ME, headers={"X-Middleware": "bob"})) == "bob"
    assert told(call("GET", ME)) == "Anonymous"


def test_it_goes_before_a_session(own_middleware, call, session):
    headers = {"X-Middleware": "bob", "Cookie": session}
    assert told(call("GET", ME, headers=headers)) == "bob"


def test_a_token_goes_before_it_and_a_bad_one_too(own_middleware, ada, call):
    for secret, answer in ((token_create(user=ada), "ada"), ("hub_" + "x" * 43, UNAUTHENTICATED)):
        headers = {"X-Middleware": "bob", "Authorization": f"Bearer {secret}"}
        assert told(call("GET", ME, headers=headers)) == answer


@pytest.mark.parametrize("scheme", ["", "Basic YTpi", "Negotiate abc"])
def test_it_may_not_write_without_the_csrf_token(own_middleware, call, scheme):
    headers = {"X-Middleware": "bob"} | ({"Authorization": scheme} if scheme else {})
    assert told(call("POST", ME, headers=headers)) == CSRF
    token = {"X-CSRFToken": "a" * 32, "Cookie": "csrftoken=" + "a" * 32}
    assert told(call("POST", ME, headers=headers | token)) == "bob"


@pytest.mark.parametrize("scheme", ["Bearer eyJ.e30.x", "Token abc", "JWT eyJ.e30.x"])
def test_what_it_was_known_by_may_be_a_header_that_no_other_site_can_write(
    own_middleware, call, scheme
):
    headers = {"X-Middleware": "bob", "Authorization": scheme}
    assert told(call("POST", ME, headers=headers)) == "bob"


@pytest.mark.parametrize("scheme", ["Basic YTpi", 'Digest username="a", uri="/"', "Negotiate abc"])
def test_a_session_behind_a_proxy_with_a_password_of_its_own_counts(call, session, scheme):
    headers = {"Cookie": session, "Authorization": scheme}
    assert told(call("GET", ME, headers=headers)) == "ada"
    assert told(call("POST", ME, headers=headers)) == CSRF
    assert told(call("POST", ME, headers={"Authorization": scheme})) == "Anonymous"


def test_a_scheme_that_no_browser_uses_does_not_make_a_session_safe(call, session):
    headers = {"Cookie": session, "Authorization": "Token abc"}
    assert told(call("POST", ME, headers=headers)) == CSRF


def test_a_token_beside_another_scheme_counts(ada, call):
    """Servers join two headers of one name with a comma."""
    for text in ("Basic YTpi,Bearer {}", "Bearer {}, Basic YTpi"):
        headers = {"Authorization": text.format(token_create(user=ada))}
        assert told(call("POST", ME, headers=headers)) == "ada"


def test_a_lazy_user_of_djangos_that_was_looked_at_is_still_a_sessions(call, session, settings):
    settings.HUBBUB_AUTHENTICATION = ["token", "user"]
    assert told(call("GET", ME, headers={"Cookie": session})) == "ada"
    assert told(call("POST", ME, headers={"Cookie": session})) == CSRF
    headers = {"Cookie": session, "Authorization": "Bearer null"}
    assert told(call("GET", ME, headers=headers)) == UNAUTHENTICATED


def test_a_projects_own_is_asked_with_the_scope(ada, call, settings):
    settings.HUBBUB_AUTHENTICATION = [OWN + "ByHeader"]
    assert told(call("POST", ME, headers={"X-Name": "ada"})) == "ada"
    assert told(call("POST", ME, headers={"X-Name": "bad"})) == UNAUTHENTICATED
    assert told(call("POST", ME)) == "Anonymous"


def test_one_that_says_nothing_of_csrf_is_safe(ada, call, settings):
    settings.HUBBUB_AUTHENTICATION = [OWN + "ByCookie"]
    assert told(call("GET", ME, headers={"Cookie": "shop=ada"})) == "ada"
    assert told(call("POST", ME, headers={"Cookie": "shop=ada"})) == CSRF


def test_another_systems_token_needs_no_csrf_token(ada, call, settings):
    settings.HUBBUB_AUTHENTICATION = ["token", OWN + "ByBearer"]
    assert told(call("POST", ME, headers={"Authorization": "Bearer other"})) == "ada"
    assert told(call("POST", ME, headers={"Authorization": "Bearer bad"})) == UNAUTHENTICATED
