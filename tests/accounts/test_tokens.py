from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from hubbub.accounts.models import Token
from hubbub.accounts.passwords import mark_of
from hubbub.accounts.tokens import (
    token_create,
    token_digest,
    token_find,
    token_revoke,
    token_revoke_own,
    tokens_list,
)
from hubbub.errors import NotFoundError, TokenExpiredError, UnauthenticatedError

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db(transaction=True)


def refusal(secret, now=NOON):
    """What is raised for a token that does not work."""
    with pytest.raises(UnauthenticatedError) as caught:
        token_find(secret=secret, now=now)
    return caught.type


def test_a_token_stands_for_its_user(ada, django_assert_num_queries):
    secret = token_create(user=ada)
    with django_assert_num_queries(1):
        user = token_find(secret=secret).user
        assert user == ada
        assert user.get_username() == "ada"


def test_a_token_is_random_and_known_by_its_look(ada):
    first, second = token_create(user=ada), token_create(user=ada)
    assert first != second
    assert first.startswith("hub_")
    assert len(first) == 4 + 43


def test_the_table_holds_no_secret(ada):
    secret = token_create(user=ada, label="phone")
    (row,) = Token.objects.values()
    assert secret not in str(row)
    assert secret[4:] not in str(row)
    assert row["label"] == "phone"
    assert len(row["digest"]) == 64


def test_the_text_of_a_row_names_its_label_and_not_its_digest(ada):
    token_create(user=ada, label="phone")
    token_create(user=ada)
    phone, bare = Token.objects.order_by("pk")
    assert str(phone) == f"token {phone.pk} (phone)"
    assert str(bare) == f"token {bare.pk} (no label)"


def test_a_token_works_until_it_expires_and_not_at_that_moment(ada):
    secret = token_create(user=ada, lifetime=HOUR, now=NOON)
    assert token_find(secret=secret, now=NOON + HOUR - timedelta(microseconds=1)).user == ada
    assert refusal(secret, NOON + HOUR) is TokenExpiredError


def test_of_an_expired_token_only_its_holder_hears_that_it_was_one(ada):
    secret = token_create(user=ada, lifetime=HOUR, now=NOON)
    almost = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    assert refusal(almost, NOON + HOUR) is UnauthenticatedError
    assert refusal(Token.objects.get().digest, NOON + HOUR) is UnauthenticatedError


def test_the_setting_says_how_long_a_token_works(ada, settings):
    settings.HUBBUB_TOKEN_LIFETIME = 60
    secret = token_create(user=ada, now=NOON)
    assert token_find(secret=secret, now=NOON + timedelta(seconds=59)).user == ada
    assert refusal(secret, NOON + timedelta(seconds=60)) is TokenExpiredError


def test_an_unknown_token_stands_for_nobody(ada):
    token_create(user=ada)
    assert refusal("hub_" + "a" * 43) is UnauthenticatedError


@pytest.mark.parametrize("text", ["", "null", "undefined", "hub_", "hub_" + "a" * 44, "hub_ä" * 9])
def test_what_does_not_look_like_a_token_costs_no_query(text, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert refusal(text) is UnauthenticatedError


def test_the_token_of_an_inactive_user_stands_for_nobody(ada):
    secret = token_create(user=ada, lifetime=HOUR, now=NOON)
    get_user_model().objects.update(is_active=False)
    assert refusal(secret) is UnauthenticatedError
    assert refusal(secret, NOON + HOUR) is UnauthenticatedError


def test_a_revoked_token_stands_for_nobody(ada):
    kept, lost = token_create(user=ada), token_create(user=ada)
    assert token_revoke(secret=lost) is True
    assert refusal(lost) is UnauthenticatedError
    assert token_find(secret=kept).user == ada


def test_revoking_what_is_no_token_says_so(ada):
    assert token_revoke(secret="null") is False


def test_a_new_token_sweeps_the_expired_ones_of_its_user_only(ada):
    bob = get_user_model().objects.create_user("bob")
    for user in (ada, bob):
        token_create(user=user, lifetime=HOUR, now=NOON)
    live = token_create(user=ada, lifetime=3 * HOUR, now=NOON)
    token_create(user=ada, now=NOON + 2 * HOUR)
    assert Token.objects.filter(user=ada).count() == 2
    assert Token.objects.filter(user=bob).count() == 1
    assert token_find(secret=live, now=NOON + 2 * HOUR).user == ada


def new_password(user):
    user.set_password("babbage")
    user.save()


def no_password(user):
    user.set_unusable_password()
    user.save()


def new_password_in_the_table(user):
    user.set_password("babbage")
    User.objects.filter(pk=user.pk).update(password=user.password)


CHANGES = [new_password, no_password, new_password_in_the_table]


@pytest.mark.parametrize("change", CHANGES)
def test_a_token_ends_with_the_password_that_it_was_made_under(ada, change):
    secret = token_create(user=ada, now=NOON)
    change(ada)
    assert refusal(secret) is TokenExpiredError
    assert token_find(secret=token_create(user=ada, now=NOON), now=NOON).user == ada


@pytest.mark.parametrize("change", CHANGES)
def test_a_token_that_is_kept_outlives_the_password(ada, change):
    secret = token_create(user=ada, keep=True, now=NOON)
    change(ada)
    assert token_find(secret=secret, now=NOON).user == ada
    get_user_model().objects.update(is_active=False)
    assert refusal(secret) is UnauthenticatedError


def test_the_password_itself_is_not_what_is_stored(ada):
    token_create(user=ada)
    stored = Token.objects.get().password
    assert len(stored) == 64
    assert ada.password not in stored
    assert stored != ada.get_session_auth_hash()


def test_a_token_of_before_passwords_were_marked_goes_on_until_it_expires(ada):
    secret = token_create(user=ada, lifetime=HOUR, now=NOON)
    Token.objects.update(password="")
    new_password(ada)
    assert token_find(secret=secret, now=NOON).user == ada
    assert refusal(secret, NOON + HOUR) is TokenExpiredError


def test_tokens_of_an_earlier_data_folder_are_brought_over_by_the_migration(ada):
    executor = MigrationExecutor(connection)
    executor.migrate([("hubbub_accounts", "0001_initial")])
    old = executor.loader.project_state([("hubbub_accounts", "0001_initial")]).apps
    secret = "hub_" + "a" * 43
    digest = token_digest(secret)
    try:
        row = {"user_id": ada.pk, "digest": digest, "created": NOON, "expires": NOON + HOUR}
        old.get_model("hubbub_accounts", "Token").objects.create(**row)
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes("hubbub_accounts"))
    new_password(ada)
    assert token_find(secret=secret, now=NOON).user == ada


def test_a_token_outlives_an_old_secret_key_as_long_as_a_session_does(ada, settings):
    secret = token_create(user=ada, now=NOON)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    assert refusal(secret) is TokenExpiredError
    settings.SECRET_KEY_FALLBACKS = [old]
    assert token_find(secret=secret, now=NOON).user == ada
    # By then it is marked under the new key.
    settings.SECRET_KEY_FALLBACKS = []
    assert token_find(secret=secret, now=NOON).user == ada


def test_under_an_old_key_a_changed_password_ends_it_too(ada, settings):
    secret = token_create(user=ada, now=NOON)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    new_password(ada)
    assert refusal(secret) is TokenExpiredError


def test_a_token_of_a_user_without_such_a_hash_is_bound_to_none(ada, monkeypatch):
    bound = token_create(user=ada, now=NOON)
    monkeypatch.setattr("hubbub.accounts.passwords.has_password", lambda _: False)
    free = token_create(user=ada, now=NOON)
    assert Token.objects.order_by("-pk")[0].password == ""
    assert token_find(secret=free, now=NOON).user == ada
    assert refusal(bound) is TokenExpiredError


def test_a_hash_of_any_length_has_room():
    assert len(mark_of("x" * 10_000)) == 64


def test_of_the_list_nobody_sees_what_is_anothers_or_expired(ada):
    bob = get_user_model().objects.create_user("bob")
    for number in range(3):
        token_create(user=ada, label=str(number))
    token_create(user=bob, label="bob's")
    Token.objects.filter(label="1").update(expires=NOON - 1000 * HOUR)
    assert [token.label for token in tokens_list(user_id=ada.pk, limit=5)] == ["2", "0"]
    (newest,) = tokens_list(user_id=ada.pk, limit=1)
    assert [token.label for token in tokens_list(user_id=ada.pk, limit=5, before=newest.pk)] == [
        "0"
    ]


def test_a_user_revokes_its_own_by_number_and_no_others(ada):
    bob = get_user_model().objects.create_user("bob")
    secret = token_create(user=ada)
    number = Token.objects.get().pk
    with pytest.raises(NotFoundError):
        token_revoke_own(user_id=bob.pk, number=number)
    assert token_find(secret=secret).user == ada
    token_revoke_own(user_id=ada.pk, number=number)
    assert refusal(secret) is UnauthenticatedError
    with pytest.raises(NotFoundError):
        token_revoke_own(user_id=ada.pk, number=number)
