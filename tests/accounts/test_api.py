import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from hubbub.accounts.models import Token
from hubbub.accounts.tokens import token_create, token_find

WRONG = {"status": "error", "message": "Wrong username or password"}
UNAUTHENTICATED = {"status": "error", "message": "Authentication required"}


@pytest.fixture
def client(settings, ada):
    settings.ROOT_URLCONF = "tests.http.urls"
    return Client(enforce_csrf_checks=True)


def ask(client: Client, username: object, password: object):
    body = json.dumps({"username": username, "password": password})
    return client.post("/api/auth/token/", body, content_type="application/json")


def revoke(client: Client, secret: str | None = None, number: object = None):
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    url = "/api/auth/token/revoke/"
    if number is None:
        return client.post(url, content_type="application/json", headers=headers)
    return client.post(url, {"id": number}, content_type="application/json", headers=headers)


def tokens(client: Client, secret: str | None = None, query: str = ""):
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    return client.get(f"/api/auth/tokens/{query}", headers=headers)


def test_a_password_buys_a_token_with_an_expiry(client, ada, settings):
    settings.HUBBUB_TOKEN_LIFETIME = 3600
    before = datetime.now(UTC)
    response = ask(client, "ada", "lovelace")
    assert response.status_code == 200
    answer = response.json()
    assert (answer["status"], answer["message"]) == ("success", "Token created")
    assert set(answer["data"]) == {"token", "expires"}
    assert token_find(secret=answer["data"]["token"]).user == ada
    expires = datetime.fromisoformat(answer["data"]["expires"])
    assert timedelta(hours=1) <= expires - before < timedelta(hours=1, minutes=1)
    assert expires == Token.objects.get().expires


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("ada", "wrong"),
        ("nobody", "lovelace"),
        ("é" * 254, "x" * 4096),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(client, username, password):
    response = ask(client, username, password)
    assert response.status_code == 401
    assert response.json() == WRONG
    assert not Token.objects.exists()


@pytest.mark.parametrize(("username", "password"), [("ada\0", "lovelace"), ("ada", "lovelace\0")])
def test_a_nul_never_comes_to_a_database_that_may_raise_on_it(
    client, monkeypatch, username, password
):
    monkeypatch.setattr("hubbub.accounts.api.authenticate", None)
    assert ask(client, username, password).json() == WRONG


def test_an_inactive_user_gets_the_same_answer(client):
    get_user_model().objects.update(is_active=False)
    assert ask(client, "ada", "lovelace").json() == WRONG


@pytest.mark.parametrize(
    ("username", "password"), [(None, "x"), ("ada", 7), ("", "x"), ("ada", "x" * 4097)]
)
def test_what_can_be_no_login_is_a_bad_request(client, username, password):
    response = ask(client, username, password)
    assert response.status_code == 400
    at_fault = "username" if not username else "password"
    wrong = {"status": "error", "message": "Invalid message format", "field": at_fault}
    assert response.json() == wrong


def test_who_guesses_is_told_to_wait_whatever_the_next_password_is(client):
    for _ in range(10):
        assert ask(client, "ada", "wrong").status_code == 401
    response = ask(client, "ada", "lovelace")
    assert response.status_code == 429
    assert response.json() == {"status": "error", "message": "Rate limit exceeded"}
    assert 1 <= int(response["Retry-After"]) <= 6
    assert ask(client, "bob", "wrong").status_code == 401


def test_who_knows_the_password_is_never_told_to_wait(client):
    for _ in range(15):
        assert ask(client, "ada", "lovelace").status_code == 200


def test_passwords_are_checked_on_other_threads_than_the_sockets(client, monkeypatch):
    threads = []

    def check(*_, **__):
        threads.append(threading.current_thread().name)

    monkeypatch.setattr("hubbub.accounts.api.authenticate", check)
    ask(client, "ada", "lovelace")
    assert threads[0].startswith("hubbub-slow")


def test_a_revoked_token_works_no_longer(client, ada):
    secret = token_create(user=ada)
    response = revoke(client, secret)
    assert response.status_code == 200
    assert response.json() == {"status": "success", "message": "Token revoked", "data": {}}
    again = revoke(client, secret)
    assert (again.status_code, again.json()) == (401, UNAUTHENTICATED)


def test_only_a_token_can_be_revoked(client, ada):
    assert revoke(client).json() == UNAUTHENTICATED
    client.force_login(ada)
    client.cookies["csrftoken"] = "a" * 32
    response = client.post(
        "/api/auth/token/revoke/",
        content_type="application/json",
        headers={"X-CSRFToken": "a" * 32},
    )
    assert (response.status_code, response.json()) == (401, UNAUTHENTICATED)


def test_no_repr_and_no_log_line_shows_a_token_or_a_password(client, ada, caplog):
    caplog.set_level(0)
    secret = ask(client, "ada", "lovelace").json()["data"]["token"]
    ask(client, "ada", "wrongword")
    revoke(client, secret)
    revoke(client, secret)
    for text in (secret, "lovelace", "wrongword"):
        assert text not in caplog.text


def test_a_user_sees_its_tokens_and_never_a_secret(client, ada):
    token_create(user=get_user_model().objects.create_user("bob"))
    old, new = token_create(user=ada, label="phone"), token_create(user=ada, label="car")
    answer = tokens(client, old).json()
    assert (answer["status"], answer["message"]) == ("success", "Tokens")
    found, row = answer["data"]["tokens"], Token.objects.get(label="car")
    assert [(one["label"], one["current"]) for one in found] == [("car", False), ("phone", True)]
    assert found[0]["id"] == row.pk
    assert datetime.fromisoformat(found[0]["expires"]) == row.expires
    assert answer["data"]["more"] is False
    for secret in (new, row.digest, row.password):
        assert secret not in json.dumps(answer)


def test_tokens_come_in_pages(client, ada):
    for number in range(3):
        secret = token_create(user=ada, label=str(number))
    page = tokens(client, secret, "?limit=2").json()["data"]
    assert ([one["label"] for one in page["tokens"]], page["more"]) == (["2", "1"], True)
    page = tokens(client, secret, f"?limit=2&before={page['tokens'][-1]['id']}").json()["data"]
    assert ([one["label"] for one in page["tokens"]], page["more"]) == (["0"], False)


def test_nobody_has_no_tokens(client):
    for response in (tokens(client), revoke(client, number=1)):
        assert (response.status_code, response.json()) == (401, UNAUTHENTICATED)


def test_a_user_revokes_another_of_its_tokens(client, ada):
    mine, lost = token_create(user=ada), token_create(user=ada, label="lost")
    response = revoke(client, mine, Token.objects.get(label="lost").pk)
    assert response.json() == {"status": "success", "message": "Token revoked", "data": {}}
    assert tokens(client, lost).status_code == 401
    assert tokens(client, mine).status_code == 200


def test_nobody_revokes_what_is_anothers(client, ada):
    secret = token_create(user=ada)
    token_create(user=get_user_model().objects.create_user("bob"), label="bob's")
    response = revoke(client, secret, Token.objects.get(label="bob's").pk)
    assert (response.status_code, response.json()["message"]) == (404, "Not found")
    assert Token.objects.filter(label="bob's").exists()


@pytest.mark.parametrize("body", ["[]", '{"id": "x"}', '{"id": 0}', "7", '"7"'])
def test_what_names_no_token_is_a_bad_request_and_revokes_none(client, ada, body):
    headers = {"Authorization": f"Bearer {token_create(user=ada)}"}
    url = "/api/auth/token/revoke/"
    response = client.post(url, body, content_type="application/json", headers=headers)
    assert response.status_code == 400
    assert Token.objects.exists()


def test_a_token_that_ended_with_the_password_is_refused_over_http(client, ada):
    secret = ask(client, "ada", "lovelace").json()["data"]["token"]
    assert tokens(client, secret).status_code == 200
    ada.set_password("babbage")
    ada.save()
    assert (tokens(client, secret).status_code, tokens(client, secret).json()) == (
        401,
        UNAUTHENTICATED,
    )


@pytest.mark.parametrize("query", ["?limit=201", "?limit=0", "?before=0", "?before=x"])
def test_a_page_of_tokens_is_bounded(client, ada, query):
    assert tokens(client, token_create(user=ada), query).status_code == 400
