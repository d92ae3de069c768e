import pytest

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
