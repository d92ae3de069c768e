"""Signed-in connections end with what they were known by, and nobody else's do."""

import asyncio
import logging
from datetime import timedelta
from threading import Semaphore

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError, transaction
from django.test import Client
from django.utils import timezone

from hubbub.accounts import grants as module
from hubbub.accounts.credentials import Credential, Kind
from hubbub.accounts.grant import Grant
from hubbub.accounts.grants import Grants, grant_end, local_grants
from hubbub.accounts.lookup import caller_find
from hubbub.accounts.models import Token
from hubbub.accounts.tokens import token_create, token_revoke
from hubbub.crossing import in_database
from hubbub.errors import SessionEndedError, TokenExpiredError, UnauthenticatedError

REVOKED = UnauthenticatedError()


class Connection:
    """Notes why it was sent away, and on which loop."""

    def __init__(self):
        self.told = []
        self.loop = None
        self.away = asyncio.Event()

    def end(self, refusal):
        self.told.append(type(refusal))
        self.loop = asyncio.get_running_loop()
        self.away.set()

    def know_staff(self, *, is_staff):
        self.is_staff = is_staff


class Broken(Connection):
    """Fails to go."""

    def end(self, refusal):
        super().end(refusal)
        raise ZeroDivisionError


def grant(number=0):
    return Grant(Kind.TOKEN, f"digest-{number}")


@pytest.fixture
def ended(monkeypatch):
    """What the next look finds; and how often somebody looked, at what."""

    class Ended(dict):
        looks: list
        looked: Semaphore

    found = Ended()
    found.looks = []
    found.looked = Semaphore(0)

    def review(grants, *, now):
        found.looks.append(list(grants))
        found.looked.release()
        return {one: found[one] for one in grants if one in found}

    monkeypatch.setattr(module, "grants_review", review)
    return found


@pytest.fixture
def often(monkeypatch):
    monkeypatch.setattr(module, "EVERY", 0.02)


async def see(ended, looks):
    """Wait until somebody has looked so many times."""
    for _ in range(looks):
        assert await asyncio.to_thread(ended.looked.acquire, timeout=5)


async def turn():
    await asyncio.sleep(0)


async def enter(one):
    connection = Connection()
    local_grants().enter(one, connection)
    return connection


async def test_all_connections_of_what_ended_are_told_and_no_others(ended):
    first, second, other = [await enter(grant(number)) for number in (1, 1, 2)]
    ended[grant(1)] = REVOKED
    await local_grants().look()
    await turn()
    assert (first.told, second.told) == ([UnauthenticatedError], [UnauthenticatedError])
    assert other.told == []
    assert ended.looks == [[grant(1), grant(2)]]


async def test_who_was_told_is_told_once(ended):
    connection = await enter(grant())
    ended[grant()] = REVOKED
    for _ in range(2):
        await local_grants().look()
    await turn()
    assert len(connection.told) == 1
    local_grants().leave(grant(), connection)


async def test_who_left_is_not_told(ended):
    gone, here = await enter(grant()), await enter(grant())
    local_grants().leave(grant(), gone)
    ended[grant()] = REVOKED
    await local_grants().look()
    await turn()
    assert (gone.told, here.told) == ([], [UnauthenticatedError])


async def test_one_that_fails_to_go_does_not_keep_the_others(ended):
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    connections = [Broken() for _ in range(3)]
    for connection in connections:
        local_grants().enter(grant(), connection)
    ended[grant()] = REVOKED
    await local_grants().look()
    await turn()
    assert [len(connection.told) for connection in connections] == [1, 1, 1]


async def test_many_are_looked_at_in_chunks(ended, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    for number in range(5):
        await enter(grant(number))
    await local_grants().look()
    assert [len(look) for look in ended.looks] == [2, 2, 1]


async def test_somebody_looks_again_and_again_while_anybody_is_here(ended, often):
    connection = await enter(grant())
    await see(ended, 3)
    ended[grant()] = REVOKED
    await asyncio.wait_for(connection.away.wait(), 5)


async def test_while_nobody_is_here_nobody_looks(often, monkeypatch):
    looks = []

    async def look(grants):
        looks.append(grants)

    monkeypatch.setattr(Grants, "look", look)
    connection = await enter(grant())
    local_grants().leave(grant(), connection)
    await asyncio.sleep(module.EVERY)  # a timer that is set later goes off later
    await turn()
    assert looks == []


async def test_who_comes_after_a_while_without_anybody_is_looked_at(ended, often):
    local_grants().leave(grant(1), await enter(grant(1)))
    ended[grant(2)] = REVOKED
    await asyncio.wait_for((await enter(grant(2))).away.wait(), 5)


async def test_who_comes_while_somebody_looks_is_looked_at_next_time(ended, often, monkeypatch):
    begun, go_on = asyncio.Event(), asyncio.Event()
    look = Grants.look

    async def slow(grants):
        begun.set()
        await go_on.wait()
        await look(grants)

    monkeypatch.setattr(Grants, "look", slow)
    first = await enter(grant(1))
    await begun.wait()
    local_grants().leave(grant(1), first)
    second = await enter(grant(2))
    assert local_grants()._timer is None
    ended[grant(2)] = REVOKED
    go_on.set()
    await asyncio.wait_for(second.away.wait(), 5)


@pytest.mark.parametrize("failure", [OperationalError("away"), ConnectionError("a store")])
async def test_while_the_database_is_away_nobody_is_told_and_the_next_look_is_made(
    ended, often, monkeypatch, caplog, failure
):
    review, away = module.grants_review, True

    def fail_or_review(grants, *, now):
        found = review(grants, now=now)
        if away:
            raise failure
        return found

    monkeypatch.setattr(module, "grants_review", fail_or_review)
    connection = await enter(grant())
    ended[grant()] = REVOKED
    with caplog.at_level(logging.WARNING, "hubbub.accounts"):
        await see(ended, 3)
    assert connection.told == []
    assert "grants_unknown" in caplog.text
    away = False
    await asyncio.wait_for(connection.away.wait(), 5)


async def test_what_fails_in_one_chunk_keeps_no_other_from_being_looked_at(
    ended, monkeypatch, caplog
):
    monkeypatch.setattr(module, "CHUNK", 1)
    review = module.grants_review

    def fail_for_some(grants, *, now):
        if grants[0] in (grant(0), grant(2)):
            raise ZeroDivisionError
        return review(grants, now=now)

    monkeypatch.setattr(module, "grants_review", fail_for_some)
    connections = [await enter(grant(number)) for number in range(4)]
    ended.update({grant(number): REVOKED for number in range(4)})
    with caplog.at_level(logging.WARNING, "hubbub.accounts"):
        await local_grants().look()
    await turn()
    assert [len(connection.told) for connection in connections] == [0, 1, 0, 1]
    assert len(caplog.records) == 1


async def test_who_is_staff_being_unknown_keeps_nobody_whose_grant_has_ended(
    ended, monkeypatch, caplog
):
    def fail(grants):
        raise ZeroDivisionError

    monkeypatch.setattr(module, "staff_review", fail)
    connection = await enter(grant())
    ended[grant()] = REVOKED
    with caplog.at_level(logging.WARNING, "hubbub.accounts"):
        await local_grants().look()
    await turn()
    assert len(connection.told) == 1
    assert len(caplog.records) == 1


async def test_each_is_told_on_its_own_loop(ended):
    here = asyncio.get_running_loop()
    connection = await enter(grant())
    await asyncio.to_thread(grant_end, grant(), REVOKED)
    await asyncio.wait_for(connection.away.wait(), 5)
    assert connection.loop is here


async def test_a_loop_that_is_closed_is_no_hindrance(ended):
    async def visit():
        await enter(grant())

    await asyncio.to_thread(asyncio.run, visit())
    connection = await enter(grant())
    grant_end(grant(), REVOKED)
    await asyncio.wait_for(connection.away.wait(), 5)


def test_no_repr_shows_a_key():
    assert "digest-7" not in repr(grant(7))


# What ends in this process ends its connections at once, and so in no more time than a test has.


def shown(kind, secret):
    return caller_find(credential=Credential(kind, secret)).grant


async def test_a_logout_ends_the_sessions_connections(ada):
    def sign_in():
        client = Client()
        client.force_login(ada)
        return client, shown(Kind.SESSION, client.cookies["sessionid"].value)

    client, session = await in_database(sign_in)
    _, elsewhere = await in_database(sign_in)
    connection, other = await enter(session), await enter(elsewhere)
    await in_database(client.logout)
    await asyncio.wait_for(connection.away.wait(), 5)
    assert (connection.told, other.told) == ([SessionEndedError], [])


def test_a_logout_without_a_session_is_no_error():
    module.notice_logout(request=None)


@pytest.fixture
def secret(ada):
    return token_create(user=ada)


def revoke(secret):
    token_revoke(secret=secret)


def delete(_):
    Token.objects.get().delete()


def delete_user(_):
    User.objects.get().delete()


@pytest.mark.parametrize("how", [revoke, delete, delete_user])
async def test_a_token_that_is_deleted_ends_its_connections(secret, how):
    connection = await enter(await in_database(shown, Kind.TOKEN, secret))
    await in_database(how, secret)
    await asyncio.wait_for(connection.away.wait(), 5)
    assert connection.told == [UnauthenticatedError]


async def test_an_expired_token_that_is_swept_ends_its_connections_as_expired(ada, secret):
    connection = await enter(await in_database(shown, Kind.TOKEN, secret))
    await Token.objects.aupdate(expires="2026-01-01T00:00Z")
    await in_database(token_create, user=ada)
    await asyncio.wait_for(connection.away.wait(), 5)
    assert connection.told == [TokenExpiredError]


async def test_a_revocation_that_is_rolled_back_ends_nothing(secret):
    connection = await enter(await in_database(shown, Kind.TOKEN, secret))

    def rolled_back():
        with transaction.atomic():
            token_revoke(secret=secret)
            transaction.set_rollback(True)

    await in_database(rolled_back)
    marker = await enter(grant())
    await asyncio.to_thread(grant_end, grant(), REVOKED)
    await asyncio.wait_for(marker.away.wait(), 5)
    assert connection.told == []


async def test_what_another_process_deleted_is_seen_by_the_look(ada, secret):
    def sign_in():
        client = Client()
        client.force_login(ada)
        return shown(Kind.SESSION, client.cookies["sessionid"].value)

    token = await enter(await in_database(shown, Kind.TOKEN, secret))
    session = await enter(await in_database(sign_in))
    await local_grants().look()
    await in_database(lambda: Token.objects.all()._raw_delete("default"))
    await in_database(lambda: Session.objects.all()._raw_delete("default"))
    await turn()
    assert (token.told, session.told) == ([], [])
    await local_grants().look()
    await turn()
    assert (token.told, session.told) == ([UnauthenticatedError], [SessionEndedError])


def new_password(user):
    user.set_password("babbage")
    user.save()


def deactivate(user):
    user.is_active = False
    user.save(update_fields=["is_active"])


def remove(user):
    user.delete()


def session_of(user):
    client = Client()
    client.force_login(user)
    return shown(Kind.SESSION, client.cookies["sessionid"].value)


@pytest.mark.parametrize(
    ("change", "token_told"),
    [
        (new_password, TokenExpiredError),
        (deactivate, UnauthenticatedError),
        (remove, UnauthenticatedError),
    ],
)
async def test_what_ends_a_user_ends_its_connections_at_once(ada, secret, change, token_told):
    bob = await in_database(User.objects.create_user, "bob")
    token = await enter(await in_database(shown, Kind.TOKEN, secret))
    session = await enter(await in_database(session_of, ada))
    other = await enter(await in_database(session_of, bob))
    await in_database(change, ada)
    for connection in (token, session):
        await asyncio.wait_for(connection.away.wait(), 5)
    assert (token.told, session.told, other.told) == ([token_told], [SessionEndedError], [])


async def test_a_password_that_is_not_committed_ends_nothing(ada, secret, monkeypatch):
    looks = []
    monkeypatch.setattr(Grants, "look_at", lambda _, user_id: looks.append(user_id))
    await enter(await in_database(shown, Kind.TOKEN, secret))

    def rolled_back():
        with transaction.atomic():
            new_password(ada)
            transaction.set_rollback(True)

    await in_database(rolled_back)
    await in_database(ada.save)
    await turn()
    assert looks == [ada.pk]


async def test_a_login_makes_nobody_look(ada, secret, monkeypatch):
    looks = []
    monkeypatch.setattr(Grants, "look_at", lambda _, user_id: looks.append(user_id))
    await enter(await in_database(shown, Kind.TOKEN, secret))
    await in_database(session_of, ada)
    await in_database(ada.save)
    await turn()
    assert looks == [ada.pk]


async def test_what_has_an_end_ends_then_whether_the_database_answers_or_not(monkeypatch):
    monkeypatch.setattr(module, "grants_review", None)
    soon = Grant(Kind.USER, "soon", 7, timezone.now() + timedelta(seconds=0.05))
    told = asyncio.get_running_loop().create_future()
    connection = Connection()
    connection.end = told.set_result
    local_grants().enter(soon, connection)
    assert type(await asyncio.wait_for(told, 10)) is TokenExpiredError
    assert timezone.now() >= soon.expires
    assert local_grants()._ends == {}


async def test_an_end_far_away_keeps_no_timer_until_a_look_finds_it_near(ended, monkeypatch):
    far = Grant(Kind.TOKEN, "far", 7, timezone.now() + timedelta(seconds=module.EVERY + 5))
    connection = await enter(far)
    assert local_grants()._ends == {}
    monkeypatch.setattr(module, "EVERY", module.EVERY + 10)
    await local_grants().look()
    assert set(local_grants()._ends) == {far}
    local_grants().leave(far, connection)
    assert local_grants()._ends == {}
