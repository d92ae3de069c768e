from datetime import UTC, datetime

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from hubbub import crossing
from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.accounts.credentials import Credential, Kind
from hubbub.accounts.identify import identify
from hubbub.accounts.lookup import caller_find
from hubbub.accounts.models import Token
from hubbub.accounts.tokens import token_create
from hubbub.errors import UnauthenticatedError


async def test_no_credential_costs_no_database_work_and_no_thread(make_scope, monkeypatch):
    # Without the fixture of a database every query raises; without a pool every crossing does.
    monkeypatch.setattr(crossing, "pool", None)
    scope = make_scope(("cookie", "theme=dark"), query="history=50")
    assert await identify(scope) is ANONYMOUS


@pytest.fixture
def secret(ada) -> str:
    return token_create(user=ada)


@pytest.fixture
def session_key(ada) -> str:
    client = Client()
    client.force_login(ada)
    return client.cookies["sessionid"].value


async def test_a_token_is_identified_wherever_it_is_shown(ada, secret, make_scope):
    caller = Caller(ada.pk, "ada")
    assert await identify(make_scope(("authorization", f"Bearer {secret}"))) == caller
    assert await identify(make_scope(query=f"token={secret}")) == caller
    scope = make_scope(subprotocols=("hubbub.v1", f"bearer.{secret}"))
    assert await identify(scope) == caller


async def test_a_session_is_identified(ada, session_key, make_scope):
    caller = await identify(make_scope(("cookie", f"sessionid={session_key}")))
    assert caller == Caller(ada.pk, "ada")


async def test_a_caller_brings_along_what_it_was_known_by(ada, secret, session_key, make_scope):
    token = await Token.objects.aget()
    grant = (await identify(make_scope(query=f"token={secret}"))).grant
    assert (grant.kind, grant.key, grant.expires) == (Kind.TOKEN, token.digest, token.expires)
    grant = (await identify(make_scope(("cookie", f"sessionid={session_key}")))).grant
    assert (grant.kind, grant.key, grant.user_id) == (Kind.SESSION, session_key, ada.pk)


def test_nobody_was_known_by_nothing():
    assert ANONYMOUS.grant is None


async def test_staff_is_known_as_such(ada, secret, make_scope):
    ada.is_staff = True
    await ada.asave()
    assert (await identify(make_scope(query=f"token={secret}"))).is_staff


def test_a_session_without_a_user_is_anonymous(transactional_db):
    store = SessionStore()
    store.save()
    assert caller_find(credential=Credential(Kind.SESSION, store.session_key)) is ANONYMOUS


@pytest.mark.parametrize("token", ["null", "undefined", "hub_" + "a" * 43])
async def test_a_token_that_is_not_one_is_refused(transactional_db, make_scope, token):
    with pytest.raises(UnauthenticatedError):
        await identify(make_scope(query=f"token={token}"))


async def test_a_bad_token_is_not_healed_by_a_good_session(ada, session_key, make_scope):
    scope = make_scope(("cookie", f"sessionid={session_key}"), query="token=null")
    with pytest.raises(UnauthenticatedError):
        await identify(scope)


async def test_a_session_that_is_gone_is_refused(transactional_db, make_scope):
    with pytest.raises(UnauthenticatedError):
        await identify(make_scope(("cookie", f"sessionid={'a' * 32}")))


def test_time_is_an_argument(secret):
    credential = Credential(Kind.TOKEN, secret)
    with pytest.raises(UnauthenticatedError):
        caller_find(credential=credential, now=datetime(2999, 1, 1, tzinfo=UTC))


async def test_no_error_shows_the_token(transactional_db, make_scope):
    secret = "hub_" + "a" * 43
    with pytest.raises(UnauthenticatedError) as caught:
        await identify(make_scope(query=f"token={secret}"))
    assert secret not in str(caught.value) + repr(caught.value)
