"""Signing in to the site in a browser's way, and how often one may be wrong about it."""

import subprocess
import sys

import httpx
import pytest

from hubbub.accounts.guesses import FOR_NAME
from tests.api_v1.serving import BRISK, serve
from tests.servers import ROOT, environment

NAME, PASSWORD = "grace", "correct horse battery"
MISMATCH = "That name and password do not match."
TOO_MANY = "Too many wrong passwords."
PAGES = ["/login/", "/admin/login/"]


@pytest.fixture
def server(tmp_path):
    with serve(tmp_path, settings=BRISK) as site:
        account = {"DJANGO_SUPERUSER_USERNAME": NAME, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
        command = ["manage", "createsuperuser", "--noinput", "--email", "grace@example.org"]
        subprocess.run(
            [sys.executable, "-m", "hubbub", *command],
            cwd=ROOT,
            env=environment(account | site.env),
            check=True,
            capture_output=True,
        )
        yield site.running


def sign_in(server, page, username, password):
    """What a browser is answered that shows the form and sends it."""
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        client.get(page)
        form = {"username": username, "password": password}
        form["csrfmiddlewaretoken"] = client.cookies["csrftoken"]
        return client.post(page, data=form)


def test_wrong_passwords_count_together_on_all_pages_and_over_the_api(server):
    for number in range(FOR_NAME.amount):
        if number % 3 == 2:
            body = {"username": NAME, "password": "wrong"}
            answer = httpx.post(f"{server.url}/api/auth/token/", json=body, trust_env=False)
            assert answer.status_code == 401
        else:
            answer = sign_in(server, PAGES[number % 3], NAME, "wrong")
            assert answer.status_code == 200
            assert TOO_MANY not in answer.text
            assert (MISMATCH in answer.text) is (number % 3 == 0)
    for page in PAGES:
        while TOO_MANY not in sign_in(server, page, NAME, "wrong").text:
            pass  # on a slow machine some of them are forgiven meanwhile
        answer = sign_in(server, page, NAME, PASSWORD)
        assert (answer.status_code, TOO_MANY in answer.text) == (200, True)
        assert MISMATCH not in answer.text
        assert "hubbub_session" not in str(answer.headers)
    answer = sign_in(server, "/login/", "bob", "wrong")
    assert MISMATCH in answer.text


def test_right_passwords_sign_in_as_often_as_one_likes(server):
    for number in range(FOR_NAME.amount + 1):
        assert sign_in(server, PAGES[number % 2], NAME, PASSWORD).status_code == 302
    assert MISMATCH in sign_in(server, "/login/", "", PASSWORD).text
