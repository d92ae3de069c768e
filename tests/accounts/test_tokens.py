from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model

from hubbub.accounts.models import Token
from hubbub.accounts.tokens import token_create, token_find, token_revoke
from hubbub.errors import TokenExpiredError, UnauthenticatedError

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
