"""The list `HUBBUB_AUTHENTICATION`: who decides, in which order, and what is refused."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from channels.auth import UserLazyObject
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.core.checks import run_checks
from django.test import Client
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.accounts.credentials import Kind
from hubbub.accounts.identify import identify
from hubbub.accounts.review import grants_review
from hubbub.accounts.tokens import token_create
from hubbub.crossing import in_database
from hubbub.errors import (
    ForbiddenError,
    SessionEndedError,
    SettingError,
    TokenExpiredError,
    UnauthenticatedError,
)
from tests.accounts.projects import ByBearer

OWN = "tests.accounts.projects."


@pytest.fixture
def bob(transactional_db):
    return get_user_model().objects.create_user("bob", password="b")


@pytest.fixture
def session_key(ada):
    client = Client()
    client.force_login(ada)
    return client.cookies["sessionid"].value


def lazily(user):
    """As Channels' AuthMiddleware leaves it in the scope."""
    lazy = UserLazyObject()
    lazy._wrapped = user
    return lazy


async def test_the_user_of_a_middleware_is_who_speaks(ada, make_scope):
    assert await identify(make_scope() | {"user": ada}) == Caller(ada.pk, "ada")


async def test_its_anonymous_user_is_nobody(make_scope):
    assert await identify(make_scope() | {"user": AnonymousUser()}) is ANONYMOUS
    assert await identify(make_scope() | {"user": None}) is ANONYMOUS


async def test_it_goes_before_a_session(ada, bob, session_key, make_scope):
    scope = make_scope(("cookie", f"sessionid={session_key}"))
    assert (await identify(scope | {"user": bob})).user_id == bob.pk
    assert (await identify(scope | {"user": AnonymousUser()})).user_id == ada.pk


async def test_a_token_of_ours_goes_before_it_and_a_bad_one_too(ada, bob, make_scope):
    secret = await in_database(token_create, user=ada)
    assert (await identify(make_scope(query=f"token={secret}") | {"user": bob})).user_id == ada.pk
    with pytest.raises(UnauthenticatedError):
        await identify(make_scope(query="token=hub_" + "x" * 43) | {"user": bob})


async def test_it_may_have_read_a_token_that_is_none_of_ours(bob, make_scope):
    scope = make_scope(("authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x"))
    assert (await identify(scope | {"user": bob})).user_id == bob.pk
    with pytest.raises(UnauthenticatedError):
        await identify(scope | {"user": AnonymousUser()})


async def test_one_that_a_session_stands_behind_heals_no_bad_token(ada, session_key, make_scope):
    scope = make_scope(("cookie", f"sessionid={session_key}"), query="token=null")
    with pytest.raises(UnauthenticatedError):
        await identify(scope | {"user": lazily(ada), "session": SessionStore(session_key)})


async def test_one_that_a_session_stands_behind_ends_with_it(ada, session_key, make_scope):
    scope = make_scope() | {"user": lazily(ada), "session": SessionStore(session_key)}
    grant = (await identify(scope)).grant
    assert (grant.kind, grant.key, grant.user_id) == (Kind.SESSION, session_key, ada.pk)


async def test_a_bad_session_is_refused_though_channels_takes_it_for_nobody(ada, make_scope):
    scope = make_scope(("cookie", f"sessionid={'a' * 32}"))
    with pytest.raises(SessionEndedError):
        await identify(scope | {"user": lazily(AnonymousUser()), "session": SessionStore()})


async def test_a_lazy_user_is_looked_up_off_the_loop(ada, make_scope):
    lazy = SimpleLazyObject(lambda: get_user_model().objects.get(username="ada"))
    assert (await identify(make_scope() | {"user": lazy})).user_id == ada.pk
    nobody = SimpleLazyObject(lambda: AnonymousUser() if User.objects.exists() else None)
    assert await identify(make_scope() | {"user": nobody}) is ANONYMOUS


async def test_an_inactive_user_is_refused_whoever_found_it(ada, make_scope):
    ada.is_active = False
    with pytest.raises(UnauthenticatedError):
        await identify(make_scope() | {"user": ada})


async def test_a_user_that_is_in_no_table_is_refused(transactional_db, make_scope):
    with pytest.raises(UnauthenticatedError):
        await identify(make_scope() | {"user": User(username="ada")})


async def test_a_user_of_claims_alone_is_one_without_a_grant(make_scope):
    """As the stateless users of JWT packages are."""
    claims = SimpleNamespace(
        pk="7", is_authenticated=True, is_active=True, get_username=lambda: "ada"
    )
    caller = await identify(make_scope() | {"user": claims})
    assert (caller.user_id, caller.username, caller.grant) == ("7", "ada", None)


async def test_a_connection_of_such_a_user_ends_with_it(ada, bob, make_scope):
    grants = [(await identify(make_scope() | {"user": user})).grant for user in (ada, bob)]

    def ended():
        return grants_review(grants, now=timezone.now())

    assert await in_database(ended) == {}
    await in_database(ada.set_password, "new")
    await ada.asave()
    assert {one: type(why) for one, why in (await in_database(ended)).items()} == {
        grants[0]: SessionEndedError
    }
    bob.is_active = False
    await bob.asave()
    assert set(await in_database(ended)) == set(grants)
    await bob.adelete()
    assert set(await in_database(ended)) == set(grants)


async def test_what_django_raises_refuses_too(ada, settings, make_scope):
    settings.HUBBUB_AUTHENTICATION = [OWN + "ByHeader"]
    with pytest.raises(UnauthenticatedError):
        await identify(make_scope(("x-name", "eve")))  # User.DoesNotExist
    with pytest.raises(ForbiddenError):
        await identify(make_scope(("x-name", "banned")))


@pytest.mark.parametrize("path", ["ByHeader", "by_header"])
async def test_a_projects_own_is_asked_in_its_turn(ada, settings, make_scope, path):
    settings.HUBBUB_AUTHENTICATION = [OWN + path]
    assert (await identify(make_scope(("x-name", "ada")))).user_id == ada.pk
    assert await identify(make_scope()) is ANONYMOUS
    assert await identify(make_scope(("x-name", "nobody"))) is ANONYMOUS
    with pytest.raises(UnauthenticatedError):
        await identify(make_scope(("x-name", "bad")))


async def test_the_first_of_the_list_that_knows_somebody_decides(ada, bob, settings, make_scope):
    secret = await in_database(token_create, user=bob)
    scope = make_scope(("x-name", "ada"), query=f"token={secret}")
    settings.HUBBUB_AUTHENTICATION = [OWN + "ByHeader", "token"]
    assert (await identify(scope)).user_id == ada.pk
    settings.HUBBUB_AUTHENTICATION = ["token", OWN + "ByHeader"]
    assert (await identify(scope)).user_id == bob.pk


async def test_one_that_refuses_is_the_last_that_is_asked(ada, settings, make_scope):
    settings.HUBBUB_AUTHENTICATION = [OWN + "ByHeader", "user"]
    with pytest.raises(UnauthenticatedError):
        await identify(make_scope(("x-name", "bad")) | {"user": ada})


async def test_a_way_that_is_not_in_the_list_does_not_count(ada, session_key, settings, make_scope):
    secret = await in_database(token_create, user=ada)
    cookie = ("cookie", f"sessionid={session_key}")
    settings.HUBBUB_AUTHENTICATION = ["session"]
    assert await identify(make_scope(query=f"token={secret}")) is ANONYMOUS
    assert await identify(make_scope() | {"user": ada}) is ANONYMOUS
    settings.HUBBUB_AUTHENTICATION = ["token"]
    assert await identify(make_scope(cookie)) is ANONYMOUS
    settings.HUBBUB_AUTHENTICATION = []
    assert await identify(make_scope(cookie, query=f"token={secret}")) is ANONYMOUS


async def test_another_systems_token_is_its_owners_and_a_bad_one_nobodys(
    ada, session_key, settings, make_scope
):
    settings.HUBBUB_AUTHENTICATION = ["token", OWN + "ByBearer", "session"]
    cookie = ("cookie", f"sessionid={session_key}")
    good = make_scope(("authorization", "Bearer other"), cookie)
    assert (await identify(good)).user_id == ada.pk
    with pytest.raises(UnauthenticatedError):
        await identify(make_scope(("authorization", "Bearer bad"), cookie))


async def test_what_it_says_of_the_end_is_the_end(ada, settings, make_scope, monkeypatch):
    monkeypatch.setattr(ByBearer, "expires", timezone.now() + timedelta(hours=1))
    settings.HUBBUB_AUTHENTICATION = [OWN + "ByBearer"]
    grant = (await identify(make_scope(("authorization", "Bearer other")))).grant
    assert grant.expires == ByBearer.expires
    ended = await in_database(grants_review, [grant], now=ByBearer.expires)
    assert [type(why) for why in ended.values()] == [TokenExpiredError]


BAD = {
    "tokens": "'tokens' is none of token, jwt, user, session, nor a dotted path",
    "tests.nowhere.Way": "tests.nowhere.Way: No module named 'tests.nowhere'",
    OWN + "Missing": 'does not define a "Missing"',
    OWN + "Blocking": "has no `async def authenticate(scope)`",
    OWN + "Broken": "no such gateway",
}


@pytest.mark.parametrize("entry", BAD)
async def test_an_entry_that_is_none_has_a_number(settings, make_scope, entry):
    settings.HUBBUB_AUTHENTICATION = ["token", entry, "session"]
    (error,) = run_checks(tags=["hubbub"])
    assert error.id == "hubbub.E004"
    assert error.msg.startswith("HUBBUB_AUTHENTICATION: ")
    assert BAD[entry] in error.msg
    with pytest.raises(SettingError):
        await identify(make_scope())


def test_a_good_list_has_none(settings):
    settings.HUBBUB_AUTHENTICATION = [OWN + "ByHeader", "session", "user", "token"]
    assert run_checks(tags=["hubbub"]) == []
