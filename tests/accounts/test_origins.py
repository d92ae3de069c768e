import pytest
from django.middleware.csrf import CsrfViewMiddleware
from django.test import RequestFactory

from hubbub.accounts.csrf import csrf_refused
from hubbub.accounts.origins import origin_allowed


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.ALLOWED_HOSTS = [".example.org", "localhost", "[::1]"]
    settings.HUBBUB_ALLOWED_ORIGINS = ()


def test_a_program_that_sends_no_origin_is_let_through(make_scope):
    assert origin_allowed(make_scope(("host", "a.test"), ("accept", "*/*"))) is True


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8000", "localhost:8000"),
        ("https://chat.example.org", "chat.example.org"),
        ("https://Chat.Example.ORG", "chat.example.org"),
        ("https://chat.example.org", "CHAT.example.org"),
        ("https://chat.example.org", "chat.example.org:443"),
        ("https://chat.example.org:443", "chat.example.org"),
        ("http://chat.example.org", "chat.example.org:80"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("http://[::1]", "[::1]:80"),
        ("https://chat.example.org.", "chat.example.org."),
        # What proxies make of it.
        ("https://chat.example.org.", "chat.example.org"),
        ("https://chat.example.org", "chat.example.org."),
        ("https://xn--bcher-kva.example.org", "XN--BCHER-KVA.example.org"),
    ],
)
def test_a_page_of_the_same_host_is_allowed(make_scope, origin, host):
    assert origin_allowed(make_scope(("origin", origin), ("host", host))) is True


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.test", "chat.example.org"),
        ("http://localhost:3000", "localhost:8000"),
        ("http://chat.example.org", "chat.example.org:443"),
        ("https://chat.example.org.evil.test", "chat.example.org"),
        ("https://evil.test?chat.example.org", "chat.example.org"),
        ("https://chat.example.org@evil.test", "chat.example.org"),
        ("https://evil.test", ""),
    ],
)
def test_a_page_of_another_host_is_refused(make_scope, origin, host):
    assert origin_allowed(make_scope(("host", host), ("origin", origin))) is False


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "chat.example.org",
        "https://",
        "https://chat.example.org/path",
        "https://user@chat.example.org",
        "https://chat.example.org:port",
        "https://chat.example.org:99999",
        "https://[::1",
        "file://chat.example.org",
        "\xff\xfe",
    ],
)
def test_null_and_garbage_are_refused(make_scope, origin):
    scope = make_scope(("origin", origin), ("host", "chat.example.org"))
    assert origin_allowed(scope) is False


def test_null_and_garbage_are_refused_even_if_the_host_says_the_same(make_scope):
    for text in ("null", "user@localhost", "http://localhost", ""):
        assert origin_allowed(make_scope(("origin", text), ("host", text))) is False
        assert origin_allowed(make_scope(("origin", f"http://{text}"), ("host", text))) is False


def test_two_origins_are_refused(make_scope):
    one = ("origin", "http://localhost")
    assert origin_allowed(make_scope(one, one, ("host", "localhost"))) is False


def test_an_origin_without_a_host_to_compare_is_refused(make_scope):
    assert origin_allowed(make_scope(("origin", "http://localhost"))) is False


def test_a_name_that_an_attacker_points_here_is_not_its_own_origin(make_scope):
    rebound = make_scope(("origin", "http://evil.test:8000"), ("host", "evil.test:8000"))
    assert origin_allowed(rebound) is False


def test_in_debug_without_allowed_hosts_the_local_names_are_served(make_scope, settings):
    settings.ALLOWED_HOSTS, settings.DEBUG = [], True
    local = make_scope(("origin", "http://localhost:8000"), ("host", "localhost:8000"))
    other = make_scope(("origin", "http://evil.test"), ("host", "evil.test"))
    assert origin_allowed(local) is True
    assert origin_allowed(other) is False


def test_a_listed_origin_is_allowed_and_only_that(make_scope, settings):
    settings.HUBBUB_ALLOWED_ORIGINS = ["https://App.example.com/", "app://desktop"]
    host = ("host", "chat.example.org")
    assert origin_allowed(make_scope(("origin", "https://app.example.com"), host)) is True
    assert origin_allowed(make_scope(("origin", "app://desktop"), host)) is True
    assert origin_allowed(make_scope(("origin", "http://app.example.com"), host)) is False
    assert origin_allowed(make_scope(("origin", "https://app.example.com:444"), host)) is False


def test_a_star_allows_every_page(make_scope, settings):
    settings.HUBBUB_ALLOWED_ORIGINS = "*"
    scope = make_scope(("origin", "https://evil.test"), ("host", "chat.example.org"))
    assert origin_allowed(scope) is True


HOST = ("host", "chat.example.org")
OTHER = ("host", "hubbub")  # the name of nginx's upstream
FORWARDED = ("x-forwarded-host", "chat.example.org")


def test_a_host_that_a_proxy_names_counts_where_the_project_trusts_it(make_scope, settings):
    scope = make_scope(("origin", "https://chat.example.org"), OTHER, FORWARDED)
    assert origin_allowed(scope) is False
    settings.USE_X_FORWARDED_HOST = True
    assert origin_allowed(scope) is True


def test_then_the_host_that_the_proxy_was_asked_for_is_the_only_one(make_scope, settings):
    settings.USE_X_FORWARDED_HOST = True
    origin = ("origin", "https://hubbub.example.org")
    assert origin_allowed(make_scope(origin, ("host", "hubbub.example.org"), FORWARDED)) is False
    assert origin_allowed(make_scope(origin, ("host", "hubbub.example.org"))) is True
    twice = make_scope(("origin", "https://chat.example.org"), FORWARDED, FORWARDED)
    assert origin_allowed(twice) is False


def test_a_port_that_a_proxy_leaves_out_is_told_apart(make_scope, settings):
    """nginx's `Host $host`, on another port than the usual one."""
    scope = make_scope(
        ("origin", "http://chat.example.org:8080"), HOST, ("x-forwarded-port", "8080")
    )
    assert origin_allowed(scope) is False
    settings.USE_X_FORWARDED_PORT = True
    assert origin_allowed(scope) is True
    named = make_scope(
        ("origin", "http://chat.example.org:8080"),
        ("host", "chat.example.org:8081"),
        ("x-forwarded-port", "8080"),
    )
    assert origin_allowed(named) is False


def test_a_page_without_tls_may_not_come_to_a_server_with_it(make_scope, settings):
    page = make_scope(("origin", "http://chat.example.org"), HOST)
    assert origin_allowed(page) is True
    assert origin_allowed(page | {"scheme": "wss"}) is False
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    proto = ("x-forwarded-proto", "https, http")
    assert origin_allowed(make_scope(page_origin(page), HOST, proto)) is False
    assert origin_allowed(make_scope(("origin", "https://chat.example.org"), HOST, proto)) is True
    assert origin_allowed(page | {"scheme": "wss"}) is False


def page_origin(scope):
    return next((name.decode(), value.decode()) for name, value in scope["headers"])


def test_what_the_proxy_says_of_the_scheme_goes_before_how_it_connects(make_scope, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    told = make_scope(("origin", "http://chat.example.org"), HOST, ("x-forwarded-proto", "http"))
    assert origin_allowed(told | {"scheme": "wss"}) is True


@pytest.mark.parametrize(
    ("listed", "origin"),
    [
        ("https://app.test", "https://app.test"),
        ("https://app.test", "HTTPS://APP.test"),
        ("https://app.test:443/", "https://app.test"),
        ("https://app.test:8443", "https://app.test:8443"),
        ("https://*.app.test", "https://one.app.test"),
        ("https://*.app.test", "https://two.one.app.test"),
        ("https://*.app.test", "https://app.test"),
        ("https://*.app.test:8443", "https://one.app.test:8443"),
        ("https://bücher.test", "https://xn--bcher-kva.test"),
        ("https://*.straße.test", "https://one.xn--strae-oqa.test"),
        ("http://[::2]:8000", "http://[::2]:8000"),
        ("http://app.test.", "http://app.test"),
    ],
)
def test_a_page_that_either_setting_lists_is_allowed(make_scope, settings, listed, origin):
    scope = make_scope(("origin", origin), HOST)
    assert origin_allowed(scope) is False
    settings.HUBBUB_ALLOWED_ORIGINS = [listed]
    assert origin_allowed(scope) is True
    settings.HUBBUB_ALLOWED_ORIGINS, settings.CSRF_TRUSTED_ORIGINS = [], [listed]
    assert origin_allowed(scope) is True


@pytest.mark.parametrize(
    "origin",
    [
        "http://one.app.test",
        "https://app.test:8443",
        "https://notapp.test",
        "https://one.app.test.evil.test",
        "https://evil.test?.app.test",
        "https://evil.test#.app.test",
        "https://evil.test/.app.test",
        "https://evil.test\\.app.test",
        "https://evil.test@one.app.test",
        "https://",
        "null",
        "*",
        "",
    ],
)
def test_a_domain_lists_no_page_of_another(make_scope, settings, origin):
    settings.HUBBUB_ALLOWED_ORIGINS = settings.CSRF_TRUSTED_ORIGINS = ["https://*.app.test"]
    assert origin_allowed(make_scope(("origin", origin), HOST)) is False


ORIGINS = [
    "https://chat.example.org",
    "http://chat.example.org",
    "https://chat.example.org:8443",
    "https://one.trusted.test",
    "https://trusted.test",
    "https://evil.test",
    "null",
]
HOSTS = ["chat.example.org", "chat.example.org:8443", "hubbub", "evil.test"]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("forwarded", [None, "chat.example.org"])
def test_what_django_lets_a_form_do_a_socket_may(make_scope, settings, origin, host, forwarded):
    """And over TLS, where the scheme of the request is known, nothing else."""
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.trusted.test"]
    settings.USE_X_FORWARDED_HOST = forwarded is not None
    lines = [("origin", origin), ("host", host)]
    lines += [("x-forwarded-host", forwarded)] if forwarded else []
    scope = make_scope(*lines) | {"scheme": "wss"}
    headers = dict(lines)
    request = RequestFactory().post("/", secure=True, headers=headers)
    assert origin_allowed(scope) is CsrfViewMiddleware(lambda _: None)._origin_verified(request)


def with_token(settings, **headers):
    """A request with the token that only the site's own pages know."""
    token = "a" * 32
    request = RequestFactory().post("/", headers={"X-CSRFToken": token, **headers})
    request.COOKIES[settings.CSRF_COOKIE_NAME] = token
    return request


def test_a_page_that_may_open_a_socket_may_post_and_no_other(settings):
    settings.HUBBUB_ALLOWED_ORIGINS = ["https://app.test"]
    for origin, refused in {
        "https://app.test": False,
        "https://chat.example.org": False,  # a proxy before us speaks TLS, and does not say so
        "http://chat.example.org": False,
        "https://evil.test": True,
        "https://\xff.test": True,
    }.items():
        request = with_token(settings, Host="chat.example.org", Origin=origin)
        assert csrf_refused(request) is refused, origin


def test_without_its_token_no_page_may_post(settings):
    headers = {"Host": "chat.example.org", "Origin": "http://chat.example.org"}
    assert csrf_refused(RequestFactory().post("/", headers=headers)) is True
    assert csrf_refused(with_token(settings, **headers)) is False
