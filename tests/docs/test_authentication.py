"""`docs/authentication.md`: every block, carried out."""

import re
import sys
from pathlib import Path
from time import time
from types import ModuleType

import jwt
import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.test import Client, RequestFactory

from hubbub.accounts.caller import ANONYMOUS
from hubbub.accounts.identify import identify
from hubbub.accounts.jwks import KeySet, _sets
from hubbub.accounts.shown import shown_name
from hubbub.conf import Settings
from hubbub.crossing import in_database
from hubbub.errors import UnauthenticatedError
from hubbub.testing import Member
from tests.accounts.test_jwks import RSA, body, row

DOCUMENT = (Path(__file__).parents[2] / "docs" / "authentication.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
DEFAULT, STACK, OWN, OWN_SETTING, LOGIN, SHORT, DOTTED, SHOWN, JWKS, JWT, TICKET = BLOCKS

SECRET = "a project's own, and longer than 32 bytes"


@pytest.fixture
def ada(transactional_db) -> User:
    return get_user_model().objects.create_user("ada", password="lovelace")


def run(block, **names):
    exec(compile(block, "authentication.md", "exec"), names)
    return names


def put(settings, block):
    for name, value in run(block, SECRET_KEY=SECRET).items():
        if name.isupper():
            setattr(settings, name, value)


def make_module(monkeypatch, dotted, block):
    """A module of the project's, with what a block says."""
    package, _, _ = dotted.partition(".")
    for name in (package, dotted):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    exec(compile(block, dotted, "exec"), vars(sys.modules[dotted]))


def scope(*headers):
    return {"type": "websocket", "headers": list(headers), "query_string": b""}


def test_the_default_is_what_it_says():
    default = run(DEFAULT)["HUBBUB_AUTHENTICATION"]
    assert tuple(default) == Settings.model_fields["authentication"].default


async def test_the_stack_is_around_our_paths(ada):
    application = run(STACK, django_application=None)["application"]
    client = Client()
    await client.aforce_login(ada)
    for browser, name in ((client, "ada"), (None, "Anonymous")):
        async with Member("/ws/chat/docs/", client=browser, application=application) as member:
            await member.say(type="chat_message", message="hi")
            assert (await member.hear())["username"] == name


async def test_the_user_of_a_communicator_speaks(ada):
    application = run(STACK, django_application=None)["application"]
    member = WebsocketCommunicator(application, "/ws/chat/docs/")
    member.scope["user"] = ada
    assert (await member.connect(timeout=10))[0]
    await member.send_json_to({"type": "chat_message", "message": "hi"})
    assert (await member.receive_json_from(timeout=10))["username"] == "ada"
    await member.disconnect(timeout=10)


async def test_a_way_of_ones_own(ada, settings, monkeypatch):
    make_module(monkeypatch, "shop.ways", OWN)
    put(settings, OWN_SETTING)
    assert (await identify(scope((b"x-gateway-user", b"ada")))).user_id == ada.pk
    assert await identify(scope()) is ANONYMOUS
    with pytest.raises(UnauthenticatedError):
        await identify(scope((b"x-gateway-user", b"eve")))


def test_a_middleware_that_asks_the_view_lets_our_paths_through(ada, settings, monkeypatch):
    make_module(monkeypatch, "shop.middleware", LOGIN)
    settings.ROOT_URLCONF = "tests.http.urls"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "shop.middleware.LoginEverywhere"]
    assert Client().get("/api/chat/rooms/").status_code == 200
    assert Client().get("/api/auth/tokens/").status_code == 401
    assert Client().get("/page/")["Location"] == "/login/"


@pytest.mark.parametrize(("block", "name"), [(SHORT, "Ada"), (DOTTED, "Ada L.")])
def test_a_name_by_the_setting(settings, monkeypatch, block, name):
    make_module(monkeypatch, "shop.names", SHOWN)
    put(settings, block)
    assert shown_name(User(pk=7, first_name="Ada", last_name="Lovelace")) == name


async def test_a_token_by_a_secret(ada, settings):
    put(settings, JWT)
    token = jwt.encode({"user_id": ada.pk, "exp": time() + 60}, SECRET, "HS256")
    assert (await identify(scope((b"authorization", f"Bearer {token}".encode())))).user_id == ada.pk


async def test_a_token_by_a_key_of_an_address(ada, settings):
    ada.email = "ada@example.org"
    await ada.asave()
    put(settings, JWKS)
    settings.HUBBUB_JWT_FIELD = "username"  # Django's own users may share an address
    settings.HUBBUB_JWT_CLAIM = "name"
    assert run_checks(tags=["hubbub"]) == []
    address = "https://login.example.org/.well-known/jwks.json"
    _sets[address] = KeySet(address, lambda _: body(row(RSA, "a")))
    claims = {"iss": "https://login.example.org/", "aud": "chat", "exp": time() + 60, "name": "ada"}
    token = jwt.encode(claims, RSA, "RS256", {"kid": "a"})
    assert (await identify(scope((b"authorization", f"Bearer {token}".encode())))).user_id == ada.pk


async def test_a_view_makes_a_ticket(ada):
    request = RequestFactory().get("/", headers={"Host": "testserver"})
    request.user = ada
    secret = await in_database(run(TICKET)["ticket_of"], request)
    shown = scope((b"origin", b"http://testserver")) | {"query_string": f"ticket={secret}".encode()}
    assert (await identify(shown)).user_id == ada.pk
