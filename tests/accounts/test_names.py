import asyncio

from django.contrib.auth import get_user_model

from hubbub.accounts import names as module
from hubbub.accounts.names import GOOD_FOR, NameBook, account_exists, names


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_name_belongs_to_an_account_or_does_not(ada):
    assert account_exists("ada") is True
    assert account_exists("nobody") is False


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
    assert asyncio.run(names.look_up("grace")) is False
    assert names.recall("grace") is False
    get_user_model().objects.create_user("grace")
    assert names.recall("grace") is None


async def test_what_is_saved_beside_accounts_is_no_matter():
    book_before = dict(names._answers)
    module.notice_account(sender=object, instance=object())
    assert dict(names._answers) == book_before
