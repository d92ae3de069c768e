"""Which streams of a project's own kind an account sees in Django's admin."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from hubbub.journal.models import Stream
from tests.admins import address, listed
from tests.streams.games import new_game, publish
from tests.streams.policies import book
from tests.toys.models import Games, Step


@pytest.fixture(autouse=True)
def admin(settings, transactional_db):
    settings.ROOT_URLCONF = "tests.admins"


@pytest.fixture
def staff():
    """One who may look at everything, as far as Django's permissions go."""
    user = get_user_model().objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return user


@pytest.fixture
def browser(staff):
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def games(monkeypatch):
    """An open game and a secret one, of which only superusers know; the number of each's move."""
    names = new_game("open"), new_game("secret")
    monkeypatch.setattr(Games, "may_enter", lambda self, caller, name: name.startswith("open"))
    for name in names:
        publish(name, "a1")
    return {name: Step.objects.get(name=name).pk for name in names}


def test_an_account_sees_those_that_it_may_enter(browser, games):
    seen, secret = games
    assert [row.split()[0] for row in listed(browser, Step)] == [seen]
    assert [row.split()[0] for row in listed(browser, Stream)] == [f"game:{seen}"]
    assert browser.get(address(Step, "change", games[seen])).status_code == 200
    assert browser.get(address(Step, "change", games[secret])).status_code == 302
    assert secret not in browser.get(address(Step), {"q": secret}).content.decode().replace(
        f'value="{secret}"', ""
    )


def test_a_superuser_sees_all(browser, staff, games):
    staff.is_superuser = True
    staff.save()
    assert {row.split()[0] for row in listed(browser, Step)} == set(games)
    assert len(listed(browser, Stream)) == 2


def test_who_may_not_read_sees_none(browser, games, monkeypatch):
    monkeypatch.setattr(Games, "may_read", lambda self, caller, name: False)
    assert listed(browser, Step) == listed(browser, Stream) == []


@pytest.mark.parametrize("policy", ["Booked", "Async"])
def test_of_chat_too_whatever_the_policy_is(browser, settings, policy):
    from hubbub.chat import services as chat
    from hubbub.chat.models import Message

    settings.HUBBUB_CHAT_POLICY = f"tests.streams.policies.{policy}"
    book.__init__()
    chat.post(room="lobby", message="a")
    assert len(listed(browser, Message)) == len(listed(browser, Stream)) == 1
    book.no = {"read"}
    assert listed(browser, Message) == listed(browser, Stream) == []
