import pytest
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.signing import dumps
from django.test import Client

from hubbub.accounts.sessions import hash_verified, session_user
from hubbub.errors import SessionEndedError


@pytest.fixture
def client(ada) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def key(client) -> str:
    return client.cookies["sessionid"].value


def change(key: str, **data: object) -> None:
    store = SessionStore(key)
    store.update(data)
    store.save()


def test_a_session_stands_for_the_user_who_signed_in(key, ada, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert session_user(key=key) == ada


def test_a_session_without_a_user_stands_for_nobody(transactional_db):
    store = SessionStore()
    store["cart"] = [1]
    store.save()
    assert session_user(key=store.session_key) is None


def test_a_session_without_a_backend_stands_for_nobody(transactional_db):
    store = SessionStore()
    store[SESSION_KEY] = "1"
    store.save()
    assert session_user(key=store.session_key) is None


@pytest.mark.parametrize("unknown", ["a" * 32, "short", "../../etc/passwd"])
@pytest.mark.parametrize("engine", ["db", "cached_db", "cache", "file", "signed_cookies"])
def test_a_session_that_does_not_exist_is_refused(transactional_db, settings, engine, unknown):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    with pytest.raises(SessionEndedError):
        session_user(key=unknown)


def test_a_signed_out_session_is_refused(client, key):
    client.logout()
    with pytest.raises(SessionEndedError):
        session_user(key=key)


def test_an_expired_session_is_refused(key):
    Session.objects.update(expire_date="2020-01-01T00:00Z")
    with pytest.raises(SessionEndedError):
        session_user(key=key)


def test_an_inactive_user_is_refused(key):
    User.objects.update(is_active=False)
    with pytest.raises(SessionEndedError):
        session_user(key=key)


def test_an_inactive_user_is_refused_even_if_the_backend_lets_it_pass(ada, settings):
    backend = "django.contrib.auth.backends.AllowAllUsersModelBackend"
    settings.AUTHENTICATION_BACKENDS = [backend]
    client = Client()
    client.force_login(ada, backend=backend)
    User.objects.update(is_active=False)
    with pytest.raises(SessionEndedError):
        session_user(key=client.cookies["sessionid"].value)


def test_a_deleted_user_is_refused(key, ada):
    ada.delete()
    with pytest.raises(SessionEndedError):
        session_user(key=key)


def test_a_changed_password_ends_the_session_and_keeps_its_row(key, ada):
    ada.set_password("new")
    ada.save()
    with pytest.raises(SessionEndedError):
        session_user(key=key)
    assert Session.objects.filter(pk=key).exists()


def test_a_session_without_a_hash_is_refused(key):
    change(key, **{HASH_SESSION_KEY: ""})
    with pytest.raises(SessionEndedError):
        session_user(key=key)


def test_a_backend_that_left_the_settings_is_refused(key):
    change(key, **{BACKEND_SESSION_KEY: "gone.Backend"})
    with pytest.raises(SessionEndedError):
        session_user(key=key)


def test_a_key_of_another_type_is_refused(key):
    change(key, **{SESSION_KEY: "not a number"})
    with pytest.raises(SessionEndedError):
        session_user(key=key)


def test_a_session_under_an_old_secret_key_counts_and_keeps_its_key(key, ada, settings):
    hash_before = SessionStore(key)[HASH_SESSION_KEY]
    settings.SECRET_KEY_FALLBACKS = [django_settings.SECRET_KEY]
    settings.SECRET_KEY = "the new one"
    assert session_user(key=key) == ada
    assert SessionStore(key)[HASH_SESSION_KEY] == hash_before


def test_a_session_in_signed_cookies_works(ada, key, settings):
    data = dict(SessionStore(key).load())
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    signed = dumps(data, compress=True, salt="django.contrib.sessions.backends.signed_cookies")
    assert session_user(key=signed) == ada


def test_a_user_model_without_a_session_hash_passes():
    assert hash_verified(object(), {}) is True
