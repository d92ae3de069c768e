"""Users of a project's own, known by an e-mail address: what others see, and who lets them in."""

import json
import subprocess
import sys
from contextlib import ExitStack
from urllib.request import Request

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.http.calls import call
from tests.people import people_project
from tests.servers import environment, opener, start_server

ADA = "ada@example.org"
#: A project in which everything else needs a login and HTTPS.
STRICT = """
MIDDLEWARE += ["django.contrib.auth.middleware.LoginRequiredMiddleware"]
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = ["^api/"]
ALLOWED_HOSTS = ["127.0.0.1"]
LOGIN_URL = "/admin/login/"
DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE"}
HUBBUB_CHAT_BEGIN = "anyone"
"""


def command(project, *words, **variables):
    done = subprocess.run(
        [sys.executable, *words],
        cwd=project,
        env=environment(variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def hubbub(project, *words):
    return command(project, "-m", "hubbub", *words)


def shell(project, words):
    python = f"from people.models import Person; {words}"
    code, _, sentence = command(project, "manage.py", "shell", "-c", python)
    assert code == 0, sentence


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return people_project(tmp_path_factory.mktemp("people") / "shop", STRICT)


@pytest.fixture(scope="module")
def ada(project):
    """Her token; she is made by the very words that are suggested."""
    code, _, sentence = hubbub(project, "token", "create", ADA)
    assert code == 2
    suggested = "python manage.py createsuperuser --email ada@example.org"
    assert sentence == f"hubbub: there is no user {ADA!r}; make one with: {suggested}"
    words = [*suggested.split()[1:], "--noinput"]
    assert command(project, *words, DJANGO_SUPERUSER_PASSWORD="lovelace")[0] == 0
    code, token, sentence = hubbub(project, "token", "create", ADA)
    assert (code, sentence) == (0, "")
    return token


@pytest.fixture(scope="module")
def server(project, ada):
    with start_server(cwd=project) as server:
        yield server


def hear(member, kind):
    while (frame := json.loads(member.recv(timeout=10)))["type"] != kind:
        pass
    return frame


def test_the_project_is_warned_and_may_start(project):
    code, _, told = command(project, "manage.py", "check")
    assert code == 0
    assert "hubbub.W005" in told


def test_her_address_is_told_to_nobody(server, ada):
    url = f"{server.ws}/ws/chat/people/?history=5"
    with connect(url) as eve, ExitStack() as stack:
        heard = [hear(eve, "history")]
        own = stack.enter_context(connect(f"{url}&token={ada}"))
        joined = hear(eve, "notification")
        own.send('{"type": "chat_message", "message": "hi", "id": "one"}')
        said = hear(eve, "chat_message")
        own.send('{"type": "typing"}')
        typing = hear(eve, "typing")
        eve.send('{"type": "presence"}')
        presence = hear(eve, "presence")
        hear(own, "ack")
        heard += [joined, said, typing, presence]
    name = said["username"]
    assert name.startswith("User ")
    assert joined["username"] == name
    assert typing["username"] == name
    assert name in {person["username"] for person in presence["users"]}
    with connect(url) as eve:
        heard.append(hear(eve, "history"))
    heard.append(call(f"{server.url}/api/chat/people/messages/").data)
    heard.append(call(f"{server.url}/api/chat/people/messages/", {"message": "x"}, bearer=ada).data)
    heard.append(call(f"{server.url}/api/chat/people/presence/").data)
    assert "@" not in json.dumps(heard)
    assert heard[-2]["username"] == name
    assert server.output().count(ADA) == 0


def test_nobody_speaks_under_her_name_or_finds_out_her_address(server, ada):
    url = f"{server.url}/api/chat/people/messages/"
    name = call(url, {"message": "x"}, bearer=ada).data["username"]
    for other in (name, name.upper(), ADA, "nobody@example.org"):
        refused = call(url, {"message": "x", "username": other})
        assert refused.refusal == (403, "Not allowed")
    assert call(url, {"message": "x", "username": "eve"}).status == 200


def test_a_password_buys_a_token_that_works(server):
    words = {"username": ADA, "password": "lovelace"}
    token = call(f"{server.url}/api/auth/token/", words).data["token"]
    tokens = call(f"{server.url}/api/auth/tokens/", bearer=token).data["tokens"]
    assert tokens[0]["current"] is True
    revoked = call(f"{server.url}/api/auth/token/revoke/", {"id": tokens[0]["id"]}, bearer=token)
    assert revoked.status == 200
    url = f"{server.ws}/ws/chat/people/?token={token}"
    with connect(url) as member, pytest.raises(ConnectionClosed) as closed:
        hear(member, "nothing")
    assert closed.value.rcvd.code == 4401


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_asked_by_an_address_alone(server, path):
    request = Request(f"{server.url}{path}", headers={"Host": "10.1.2.3"})
    with opener.open(request, timeout=10) as answer:
        assert (answer.status, json.load(answer)) == (200, {"status": "ok"})


def test_a_user_who_is_deactivated_is_sent_away(project, server):
    bob = "bob@example.org"
    shell(project, f"Person.objects.create_user({bob!r})")
    code, token, _ = hubbub(project, "token", "create", bob)
    assert code == 0
    url = f"{server.ws}/ws/chat/people/?history=1&token={token}"
    with connect(url) as member:
        hear(member, "history")
    shell(project, f"Person.objects.filter(email={bob!r}).update(is_active=False)")
    with connect(url) as member, pytest.raises(ConnectionClosed) as closed:
        hear(member, "nothing")
    assert closed.value.rcvd.code == 4401
