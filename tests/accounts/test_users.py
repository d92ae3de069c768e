"""Recipients are users of the project, whatever its user model is."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db.models import CharField
from django.db.models.deletion import Collector
from django.db.models.signals import post_delete

from hubbub.accounts import users
from hubbub.accounts.users import find_users, user_key
from hubbub.errors import NAMED, InvalidFormatError, UnknownUserError

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return get_user_model().objects.create_user("ada")


def test_a_key_its_text_and_the_user_are_the_same(ada):
    assert {user_key(one, "user_id") for one in (ada.pk, str(ada.pk), f"0{ada.pk}", ada)} == {
        ada.pk
    }


NO_KEYS = ["abc", "", "8c1f2c0e-6f5a-4d59-9a35-0c2bd2a6f1d4", None]
TOO_LARGE = [2**63, -(2**63), "9" * 30, float("inf")]


@pytest.mark.parametrize("key", [*NO_KEYS, *TOO_LARGE, [7]])
def test_what_can_be_no_key_is_refused_with_its_field(key):
    with pytest.raises(InvalidFormatError) as caught:
        user_key(key, "user_ids")
    assert caught.value.field == "user_ids"


def test_nor_is_a_text_that_not_every_database_can_hold(monkeypatch):
    monkeypatch.setattr(get_user_model()._meta, "pk", CharField(primary_key=True))
    assert user_key("ada", "user_id") == "ada"
    with pytest.raises(InvalidFormatError):
        user_key("ad\0a", "user_id")


def test_users_are_found_by_their_keys_in_few_questions(ada, django_assert_num_queries):
    users_ = get_user_model().objects
    users_.bulk_create(users_.model(username=f"user {number}") for number in range(1000))
    keys = list(users_.values_list("pk", flat=True))
    with django_assert_num_queries(-(-len(keys) // users.CHUNK)):
        assert find_users("user_ids", keys) == keys


def test_those_who_are_no_users_are_named(ada):
    with pytest.raises(UnknownUserError) as caught:
        find_users("user_ids", [ada.pk, "abc", ada.pk + 1, ada.pk])
    assert caught.value.field == "user_ids"
    assert caught.value.details == {"unknown": ["abc", ada.pk + 1]}


def test_nobody_has_a_key_that_the_database_cannot_have(ada):
    with pytest.raises(UnknownUserError) as caught:
        find_users("user_ids", [ada.pk, *TOO_LARGE])
    assert caught.value.details == {"unknown": TOO_LARGE}


def test_a_few_of_many_unknown_recipients_are_named(ada):
    with pytest.raises(UnknownUserError) as caught:
        find_users("user_ids", [f"x{number}" for number in range(1000)])
    assert caught.value.details == {"unknown": [f"x{number}" for number in range(NAMED)]}


def test_rows_of_other_models_are_deleted_without_being_read():
    assert Collector(using="default").can_fast_delete(Session.objects.all())
    assert not Collector(using="default").can_fast_delete(get_user_model().objects.all())
    assert not post_delete.has_listeners(Session)
