import asyncio
import sys

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction

from hubbub.accounts import names as module
from hubbub.accounts.names import (
    GOOD_FOR,
    SPELLINGS,
    NameBook,
    account_exists,
    folded,
    names,
    plain_name,
    spellings,
)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_name_belongs_to_an_account_or_does_not(ada):
    assert account_exists("ada") is True
    assert account_exists("nobody") is False


@pytest.mark.parametrize(
    "spelling",
    [
        "ada",
        "Ada",
        "ADA",
        "aDa",
        " ada",
        "ada\u3000\n",
        "\uff41da",
        "\u200bada",
        "a\u00adda",
        "ada\0",
    ],
)
def test_a_name_that_looks_like_an_accounts_is_the_accounts(ada, spelling):
    assert account_exists(spelling) is True


@pytest.mark.parametrize(
    "unseen",
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180e\u180f\u2065\u2800\u3164\ufe00\ufe0f\uffa0\ufff0"
    "\U000e0000\U000e0100\U000e0fff",
)
def test_characters_without_a_shape_make_no_difference(unseen):
    assert plain_name(f"{unseen}a{unseen}da {unseen}") == "ada"


def test_no_character_turns_into_one_that_cannot_be_seen():
    plain = plain_name("".join(map(chr, range(sys.maxunicode + 1))))
    assert plain_name(plain) == plain


@pytest.mark.parametrize("spelling", ["", " ", "\0", "\u200b", "ad", "adaa", "a da", "ada.", "ida"])
def test_another_name_is_free(ada, spelling):
    assert account_exists(spelling) is False


@pytest.mark.parametrize(
    ("account", "free", "taken"),
    [
        ("Grace", [], ["grace", "GRACE", "Grace"]),
        ("GRACE", [], ["grace", "Grace"]),
        ("Mary-Ann", [], ["mary-ann", "MARY-ANN", "Mary-Ann"]),
        ("strasse", ["stra\u00dfen"], ["Stra\u00dfe", "STRASSE"]),
        # Capitals in the middle are found in their own spelling alone.
        ("McCoy", ["mccoy"], ["McCoy", " McCoy\u200b"]),
        # However an account came to such a name.
        ("\ufb01ona ", ["fiona"], ["\ufb01ona "]),
    ],
)
def test_the_usual_spellings_of_an_account_are_its_own(transactional_db, account, free, taken):
    get_user_model()(username=account).save()
    assert [name for name in (*free, *taken) if account_exists(name)] == taken


def test_a_nul_never_comes_to_a_database_that_may_raise_on_it():
    assert not [spelling for spelling in spellings("a\0da\0") if "\0" in spelling]


def test_all_spellings_cost_one_query_for_few_names(ada, django_assert_num_queries):
    with django_assert_num_queries(1) as queries:
        account_exists(" Nobody of that name ")
    assert "LIKE" not in queries[0]["sql"]
    assert len(spellings("\u01c6 \u00dfeta")) <= 7


class Manager:
    """Of accounts that are not known by a text, and so cannot be asked for one."""

    def __init__(self, error):
        self._error = error

    def filter(self, **_):
        raise self._error


@pytest.mark.parametrize("error", [ValueError(), TypeError(), ValidationError("no UUID")])
def test_where_accounts_have_no_names_every_name_is_free(monkeypatch, error):
    class Numbered:
        USERNAME_FIELD = "number"
        _default_manager = Manager(error)

    monkeypatch.setattr(module, "get_user_model", lambda: Numbered)
    assert account_exists("ada") is False


@pytest.mark.parametrize("username", [None, 4711])
def test_an_account_without_a_name_can_be_saved(monkeypatch, username):
    class Numbered:
        def get_username(self):
            return username

    monkeypatch.setattr(module, "get_user_model", lambda: Numbered)
    module.notice_account(sender=Numbered, instance=Numbered(), using="default")


async def test_what_was_looked_up_is_recalled_for_a_while():
    clock, asked = Clock(), []
    book = NameBook(ask=lambda name: asked.append(name) or True, clock=clock)
    assert book.recall("ada") is None
    assert await book.look_up("ada") is True
    clock.now += GOOD_FOR
    assert book.recall("ada") is True
    clock.now += 0.1
    assert book.recall("ada") is None
    assert asked == ["ada"]


async def test_the_book_forgets_the_oldest_name_when_it_is_full(monkeypatch):
    monkeypatch.setattr(module, "NAMES", 2)
    book = NameBook(ask=lambda name: False)
    for name in ("a", "b", "a", "c"):
        await book.look_up(name)
    assert [book.recall(name) for name in ("a", "b", "c")] == [False, None, False]


def test_a_new_account_is_known_at_once(transactional_db):
    told = ("grace", "Grace", "gRaCe", " grace", "gr\u034face", "\uff47race")
    for name in told:
        assert asyncio.run(names.look_up(name)) is False
    assert [names.recall(name) for name in told] == [False] * len(told)
    get_user_model().objects.create_user("grace")
    assert [names.recall(name) for name in told] == [None] * len(told)


def test_an_account_is_known_once_more_when_it_is_committed(transactional_db):
    with transaction.atomic():
        get_user_model().objects.create_user("grace")
        asyncio.run(names.look_up("grace"))  # by another connection, which does not see it yet
        assert names.recall("grace") is False
    assert names.recall("grace") is None


async def test_an_answer_from_before_an_account_was_made_is_not_remembered():
    book = NameBook(ask=lambda name: book.forget("ada"))
    await book.look_up(" Ada")
    assert book.recall(" Ada") is None


async def test_the_spellings_of_a_name_may_have_different_answers():
    book = NameBook(ask=lambda name: name == "McCoy")
    for name in ("McCoy", "mccoy"):
        await book.look_up(name)
    assert [book.recall(name) for name in ("McCoy", "mccoy")] == [True, False]


async def test_the_spellings_of_a_name_are_bounded():
    book = NameBook(ask=lambda name: False)
    for number in range(1000):
        await book.look_up("ada" + " " * number)
    assert [len(answers) for answers in book._answers.values()] <= [SPELLINGS]


@pytest.mark.parametrize("account", ["ada", "I", "MASSE", "\u00df", "\u03a3\u0391\u03a3", "\ufb01"])
def test_all_cases_of_a_name_have_one_key(account):
    cases = (account.lower(), account.upper(), account.title(), account.casefold(), f" {account}")
    assert {folded(name) for name in cases} == {folded(account)}
    assert folded("\u0131") == folded("I")


async def test_what_is_saved_beside_accounts_is_no_matter():
    book_before = dict(names._answers)
    module.notice_account(sender=object, instance=object(), using="default")
    assert dict(names._answers) == book_before
