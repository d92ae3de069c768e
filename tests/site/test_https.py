"""A site behind a proxy that speaks HTTPS: nothing is served without it."""

import httpx
import pytest

from tests.servers import start_server

BY_HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def site():
    with start_server(env={"HUBBUB_HTTPS": "true", "HUBBUB_DEBUG": "true"}) as server:
        yield server


@pytest.fixture
def client(site):
    with httpx.Client(base_url=site.url, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/login/", "/api/openapi.json", "/healthzz"])
def test_what_comes_in_plain_http_is_sent_to_https(client, path):
    answer = client.get(path)
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"https://{client.base_url.netloc.decode()}{path}"
    other = client.get(path, headers={"X-Forwarded-Proto": "http"})
    assert other.status_code == 301


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_what_watches_over_the_process_asks_it_in_plain_http(client, path):
    assert client.get(path).status_code == 200


def test_readers_are_told_to_stay_with_https(client):
    answer = client.get("/login/", headers=BY_HTTPS)
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=2592000"
    assert all("Secure" in cookie for cookie in answer.headers.get_list("Set-Cookie"))
    assert answer.headers.get_list("Set-Cookie")


def test_such_a_site_is_warned_of_debug_though_it_listens_for_the_proxy_alone(site):
    assert "(hubbub.W001)" in site.output()
