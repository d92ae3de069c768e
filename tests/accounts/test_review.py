"""Which grants hold no longer, seen as a handshake would see them."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
)
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from hubbub.accounts.credentials import Credential, Kind
from hubbub.accounts.lookup import caller_find
from hubbub.accounts.models import Token
from hubbub.accounts.review import grants_review
from hubbub.accounts.tokens import token_create, token_revoke
from hubbub.errors import SessionEndedError, TokenExpiredError, UnauthenticatedError

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ENGINES = ["db", "cached_db", "cache", "file", "signed_cookies"]
pytestmark = pytest.mark.django_db(transaction=True)


def token_shown(user, now=NOON):
    """A token of an hour, and the grant of a connection that shows it."""
    secret = token_create(user=user, lifetime=HOUR, now=now)
    return secret, caller_find(credential=Credential(Kind.TOKEN, secret), now=now).grant


def session_shown(user):
    """A session, and the grant of a connection that shows it."""
    client = Client()
    client.force_login(user)
    key = client.cookies["sessionid"].value
    return client, caller_find(credential=Credential(Kind.SESSION, key)).grant


def store_of(grant):
    return import_module(django_settings.SESSION_ENGINE).SessionStore(grant.key)


def review(*grants, now=NOON):
    """What each is refused with, by its place."""
    ended = grants_review(grants, now=now)
    return [type(ended.get(grant)) for grant in grants]


HOLDS = type(None)


def test_what_holds_is_not_named(ada):
    (_, token), (_, session) = token_shown(ada), session_shown(ada)
    assert review(token, session) == [HOLDS, HOLDS]


def test_nobody_to_look_at_costs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert grants_review([], now=NOON) == {}


def test_many_are_looked_at_in_three_queries(ada, django_assert_num_queries):
    bob = get_user_model().objects.create_user("bob")
    shown = [make(user)[1] for user in (ada, bob) for make in (token_shown, session_shown) * 3]
    with django_assert_num_queries(3):
        assert review(*shown) == [HOLDS] * 12


def test_only_what_is_there_is_asked_for(ada, django_assert_num_queries):
    (_, token), (_, session) = token_shown(ada), session_shown(ada)
    with django_assert_num_queries(1):
        review(token)
    with django_assert_num_queries(2):
        review(session)


# Tokens.


def test_a_token_ends_at_its_very_moment(ada):
    _, token = token_shown(ada)
    assert review(token, now=NOON + HOUR - timedelta(microseconds=1)) == [HOLDS]
    assert review(token, now=NOON + HOUR) == [TokenExpiredError]


def test_a_token_that_expired_and_was_swept_has_expired(ada):
    _, token = token_shown(ada)
    token_create(user=ada, now=NOON + HOUR)
    assert Token.objects.count() == 1
    assert review(token, now=NOON + HOUR) == [TokenExpiredError]


def test_a_revoked_token_is_refused_as_any_other_text(ada):
    (secret, lost), (_, kept) = token_shown(ada), token_shown(ada)
    token_revoke(secret=secret)
    assert review(lost, kept) == [UnauthenticatedError, HOLDS]


def test_the_token_of_an_inactive_user_ends_and_that_of_another_does_not(ada):
    bob = get_user_model().objects.create_user("bob")
    (_, hers), (_, his) = token_shown(ada), token_shown(bob)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert review(hers, his) == [UnauthenticatedError, HOLDS]


def test_the_token_of_a_deleted_user_ends(ada):
    _, token = token_shown(ada)
    ada.delete()
    assert review(token) == [UnauthenticatedError]


# Sessions.


@pytest.mark.parametrize("engine", ENGINES)
def test_a_session_holds_wherever_it_is_kept(ada, settings, tmp_path, engine):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = tmp_path
    _, session = session_shown(ada)
    assert review(session) == [HOLDS]


@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "signed_cookies"])
def test_a_session_that_was_signed_out_has_ended(ada, settings, tmp_path, engine):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = tmp_path
    (client, lost), (_, kept) = session_shown(ada), session_shown(ada)
    client.logout()
    assert review(lost, kept) == [SessionEndedError, HOLDS]


def test_a_session_that_another_process_deleted_has_ended_whatever_a_cache_says(ada, settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    _, session = session_shown(ada)
    Session.objects.all().delete()
    assert review(session) == [SessionEndedError]


def test_a_store_that_keeps_sessions_in_its_own_way_is_asked_itself(ada, settings):
    settings.SESSION_ENGINE = "tests.accounts.hashed_sessions"
    (client, lost), (_, kept) = session_shown(ada), session_shown(ada)
    client.logout()
    assert review(lost, kept) == [SessionEndedError, HOLDS]


def test_an_expired_session_has_ended(ada):
    _, session = session_shown(ada)
    Session.objects.update(expire_date=timezone.now())
    assert review(session) == [SessionEndedError]


def test_a_session_of_a_user_who_may_not_use_it_has_ended(ada):
    bob = get_user_model().objects.create_user("bob")
    eve = get_user_model().objects.create_user("eve")
    sessions = [session_shown(user)[1] for user in (ada, bob, eve)]
    User.objects.filter(pk=ada.pk).update(is_active=False)
    bob.set_password("new")
    bob.save()
    eve.delete()
    assert review(*sessions) == [SessionEndedError] * 3


@pytest.mark.parametrize(
    "change",
    [
        {HASH_SESSION_KEY: ""},
        {BACKEND_SESSION_KEY: "gone.Backend"},
        {SESSION_KEY: "not a number"},
    ],
)
def test_a_session_that_is_good_no_longer_has_ended(ada, change):
    _, session = session_shown(ada)
    store = store_of(session)
    store.update(change)
    store.save()
    assert review(session) == [SessionEndedError]


@pytest.mark.parametrize("key", [SESSION_KEY, BACKEND_SESSION_KEY])
def test_a_session_that_nobody_is_signed_in_to_any_more_has_ended(ada, key):
    _, session = session_shown(ada)
    store = store_of(session)
    del store[key]
    store.save()
    assert review(session) == [SessionEndedError]


def test_a_session_that_somebody_else_is_signed_in_to_has_ended(ada):
    bob = get_user_model().objects.create_user("bob")
    _, session = session_shown(ada)
    store = store_of(session)
    store[SESSION_KEY] = str(bob.pk)
    store[HASH_SESSION_KEY] = bob.get_session_auth_hash()
    store.save()
    assert review(session) == [SessionEndedError]


class Elsewhere(ModelBackend):
    """Knows a user whom the table has not."""

    def get_user(self, user_id):
        if user_id == 4711:
            return User(pk=user_id, username="ghost")
        return super().get_user(user_id)


def test_whom_only_the_sessions_backend_knows_stays(ada, settings):
    backend = f"{__name__}.Elsewhere"
    settings.AUTHENTICATION_BACKENDS = [backend]
    _, session = session_shown(ada)
    store = store_of(session)
    ghost = User(pk=4711, username="ghost")
    store[SESSION_KEY] = "4711"
    store[BACKEND_SESSION_KEY] = backend
    store[HASH_SESSION_KEY] = ghost.get_session_auth_hash()
    store.save()
    grant = caller_find(credential=Credential(Kind.SESSION, session.key)).grant
    assert review(grant) == [HOLDS]


class Strict(ModelBackend):
    """Knows an account no longer that the table still has."""

    def get_user(self, user_id):
        user = super().get_user(user_id)
        return None if user is None or user.last_name == "banned" else user


class Choosy(ModelBackend):
    """As strict, in the place that Django has for it."""

    def user_can_authenticate(self, user):
        return super().user_can_authenticate(user) and user.last_name != "banned"


class Plain(ModelBackend):
    """As Django's own."""


@pytest.mark.parametrize(
    ("backend", "lost"), [(Strict, SessionEndedError), (Choosy, SessionEndedError), (Plain, HOLDS)]
)
def test_the_sessions_backend_says_who_may_stay(ada, settings, backend, lost):
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.{backend.__name__}"]
    bob = get_user_model().objects.create_user("bob")
    sessions = [session_shown(user)[1] for user in (ada, bob)]
    assert review(*sessions) == [HOLDS, HOLDS]
    User.objects.filter(pk=ada.pk).update(last_name="banned")
    assert review(*sessions) == [lost, HOLDS]


def test_a_token_ends_for_good_with_the_password(ada):
    bound, kept = token_shown(ada), token_create(user=ada, keep=True, now=NOON)
    kept_grant = caller_find(credential=Credential(Kind.TOKEN, kept), now=NOON).grant
    ada.set_password("babbage")
    User.objects.filter(pk=ada.pk).update(password=ada.password)
    assert review(bound[1], kept_grant) == [TokenExpiredError, HOLDS]
