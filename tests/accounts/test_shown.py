"""How accounts are shown: by the setting, and never as an e-mail address that nobody asked for."""

import logging
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.utils.safestring import mark_safe

from hubbub.accounts import shown as module
from hubbub.accounts.names import account_exists, name_taken, names
from hubbub.accounts.shown import has_addresses, is_address, numbered, shown_name, stored_name

OWN = f"{__name__}."
ADDRESSES = [
    "ada@example.org",
    "Ada <ada@example.org>",
    "ada\uff20example.org",
    "ada+x@sub.example.org",
    "ada@exämple.org",
]


def initials(user):
    return mark_safe(user.first_name[:1] + user.last_name[:1])


def address(user):
    return user.email


def failing(user):
    raise User.DoesNotExist("no profile")


not_a_function = 7


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    monkeypatch.setattr(module, "given", given := {})
    monkeypatch.setattr("hubbub.accounts.names.given", given)
    has_addresses.cache_clear()
    yield
    has_addresses.cache_clear()


@pytest.fixture
def by_email(monkeypatch):
    """As in a project whose users sign in with their addresses."""
    monkeypatch.setattr(User, "USERNAME_FIELD", "email")


def user(**fields):
    return User(**{"pk": 7, "username": "ada", "first_name": "Ada"} | fields)


def test_a_name_is_shown_as_it_is():
    assert shown_name(user()) == "ada"
    assert shown_name(user(username="ada@home")) == "ada@home"


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_is_not(name):
    assert is_address(name)
    assert shown_name(user(username=name)) == "User 7"


def test_nor_the_users_own_whatever_it_looks_like():
    assert shown_name(user(username="Ada@intranet", email="ada@intranet")) == "User 7"


def test_nor_where_users_sign_in_with_it(by_email):
    assert shown_name(user(email="ada@example.org")) == "User 7"


@pytest.mark.parametrize("name", [None, "", "  ", "\0\n"])
def test_nobody_is_shown_without_a_name(settings, name):
    settings.HUBBUB_SHOWN_NAME = "first_name"
    assert shown_name(user(first_name=name)) == "User 7"


def test_a_key_that_is_no_number_stands_there_as_a_digest():
    key = UUID(int=1)
    assert numbered(key) == numbered(str(key)) == "User 7ac1b8d7"
    person = SimpleNamespace(pk="ada@example.org", get_username=lambda: "ada@example.org")
    assert shown_name(person) == numbered("ada@example.org")


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("first_name", "Ada"),
        ("get_short_name", "Ada"),
        ("get_full_name", "Ada Lovelace"),
        (OWN + "initials", "AL"),
        ("email", "ada@example.org"),
        (OWN + "address", "User 7"),
    ],
)
def test_the_setting_says_how(settings, setting, name):
    settings.HUBBUB_SHOWN_NAME = setting
    person = user(last_name="Lovelace", email="ada@example.org", username="ada@example.org")
    assert shown_name(person) == name
    assert type(shown_name(person)) is str


def test_the_field_of_the_login_may_be_asked_for_too(settings):
    settings.HUBBUB_SHOWN_NAME = "username"
    assert shown_name(user(username="ada@example.org")) == "ada@example.org"


def test_a_function_that_fails_keeps_nobody_out(settings, caplog):
    settings.HUBBUB_SHOWN_NAME = OWN + "failing"
    with caplog.at_level(logging.ERROR, "hubbub.accounts"):
        assert shown_name(user()) == "User 7"
    assert "name_failed reason=DoesNotExist" in caplog.text


def test_a_name_has_room_in_the_table_and_stands_on_one_line(settings):
    settings.HUBBUB_SHOWN_NAME = "first_name"
    assert shown_name(user(first_name="a\nb\0" + "c" * 500)) == "ab" + "c" * 148


def test_what_was_stored_before_is_shown_by_the_same_rule(settings):
    assert stored_name("ada", 7) == "ada"
    assert stored_name("ada@example.org", 7) == "User 7"
    assert stored_name("ada@example.org", None) == "ada@example.org", "nobody's address"
    settings.HUBBUB_SHOWN_NAME = "email"
    assert stored_name("ada@example.org", 7) == "ada@example.org"


def test_nobody_anonymous_speaks_under_what_is_shown(transactional_db, settings):
    ada = User.objects.create_user("ada", first_name="Countess", last_name="Lovelace")
    assert not name_taken("Countess")
    settings.HUBBUB_SHOWN_NAME = "first_name"
    assert name_taken("countess")
    assert name_taken("\u0421\u041eUNTESS"), "with Cyrillic letters"
    assert name_taken("ada")
    settings.HUBBUB_SHOWN_NAME = OWN + "initials"
    assert not name_taken("CL")
    assert shown_name(ada) == "CL"
    assert name_taken("CL")
    assert name_taken("cl")


def test_as_many_given_names_are_remembered_as_there_is_room_for(settings, monkeypatch):
    monkeypatch.setattr(module, "NAMES", 2)
    settings.HUBBUB_SHOWN_NAME = "first_name"
    for name in ("Ada", "Bob", "Ada", "Eve"):
        shown_name(user(first_name=name))
    assert list(module.given) == ["Bob", "Eve"]


def test_nor_under_what_stands_in_place_of_an_address(transactional_db):
    ada = User.objects.create_user("ada@example.org")
    bob = User.objects.create_user("bob")
    assert name_taken(f"User {ada.pk}")
    assert name_taken(f"\uff35SER {ada.pk}")
    assert not name_taken(f"User {bob.pk}")
    assert not name_taken("User 999999999999999999999")


def test_what_tells_of_addresses_does_not_tell_which_exist(transactional_db, by_email):
    User.objects.create_user("ada", "ada@example.org")
    assert account_exists("ada@example.org")
    assert account_exists("nobody@example.org")
    assert not account_exists("ada")


def test_a_name_that_is_shown_anew_is_known_at_once(transactional_db, settings):
    settings.HUBBUB_SHOWN_NAME = "first_name"
    ada = User.objects.create_user("ada", first_name="Ada")
    names._remember("Countess", taken=False)
    ada.first_name = "Countess"
    ada.save()
    assert names.recall("Countess") is None


@pytest.mark.parametrize("setting", ["nickname", "tests.nowhere.name", OWN + "not_a_function"])
def test_a_setting_that_leads_nowhere_has_a_number(settings, setting):
    settings.HUBBUB_SHOWN_NAME = setting
    (error,) = run_checks(tags=["hubbub"])
    assert error.id == "hubbub.E005"


def test_a_project_with_addresses_for_names_is_warned(by_email, settings):
    assert [warning.id for warning in run_checks(tags=["hubbub"])] == ["hubbub.W005"]
    settings.HUBBUB_SHOWN_NAME = "get_short_name"
    assert run_checks(tags=["hubbub"]) == []
