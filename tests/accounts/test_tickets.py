"""Tickets: one socket each, soon, for the page that asked, as whoever asked."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.test import AsyncClient, Client
from django.utils import timezone

from hubbub.accounts import tickets as module
from hubbub.accounts.caller import Caller
from hubbub.accounts.credentials import TICKET_SHAPE, Credential, Kind
from hubbub.accounts.grant import Grant
from hubbub.accounts.identify import identify
from hubbub.accounts.lookup import caller_find
from hubbub.accounts.models import Ticket, Token
from hubbub.accounts.tickets import KEPT, SECONDS, ticket_create, ticket_use
from hubbub.accounts.tokens import token_create
from hubbub.crossing import in_database
from hubbub.errors import SessionEndedError, TokenExpiredError, UnauthenticatedError

PAGE = "https://example.org"
URL = "/api/auth/ticket/"


@pytest.fixture
def secret(ada):
    return ticket_create(user=ada, origin=PAGE)[0]


def use(secret, origin=PAGE, **more):
    return ticket_use(secret=secret, origin=origin, **more)


def why(secret, origin=PAGE, **more):
    with pytest.raises(UnauthenticatedError) as caught:
        use(secret, origin, **more)
    return caught.value.why


def test_it_speaks_for_its_user_once(ada, secret):
    assert use(secret) == Caller(ada.pk, "ada")
    assert why(secret) == "unknown ticket"


def test_it_is_nowhere_in_the_table(secret):
    assert TICKET_SHAPE.fullmatch(secret)
    row = Ticket.objects.values_list().get()
    assert secret not in str(row)
    assert secret.removeprefix("hubt_") not in str(row)


def test_of_two_who_found_it_one_is_let_in(ada, secret, monkeypatch):
    """In any process: what counts is who deletes the row."""

    class Beaten:
        """Another process deletes between our look and our deletion."""

        def filter(self, **what):
            rows = Ticket.objects.filter(**what)
            return SimpleNamespace(first=lambda: self.lose(rows), delete=rows.delete)

        def lose(self, rows):
            found = rows.get()
            rows.delete()
            return found

    monkeypatch.setattr(module, "Ticket", SimpleNamespace(objects=Beaten()))
    assert why(secret) == "unknown ticket"


def test_half_a_minute_is_all_the_time_it_has(ada):
    now = timezone.now()
    secret, ends = ticket_create(user=ada, origin=PAGE, now=now)
    assert ends == now + timedelta(seconds=SECONDS) == now + timedelta(seconds=30)
    with pytest.raises(TokenExpiredError):
        use(secret, now=ends)
    assert why(secret, now=now) == "unknown ticket", "not even then"
    secret, ends = ticket_create(user=ada, origin=PAGE, now=now)
    assert use(secret, now=ends - timedelta(microseconds=1)).user_id == ada.pk


@pytest.mark.parametrize("origin", ["", "https://evil.example", "http://example.org", "null"])
def test_another_page_cannot_use_it(secret, origin):
    assert why(secret, origin) == "unknown ticket"


def test_a_page_may_write_its_origin_as_it_likes(ada, secret):
    assert use(secret, "HTTPS://Example.org/").user_id == ada.pk


def test_a_programs_ticket_is_no_pages(ada):
    secret, _ = ticket_create(user=ada)
    assert why(secret, PAGE) == "unknown ticket"
    assert use(secret, "").user_id == ada.pk


@pytest.mark.parametrize("text", ["", "null", "hubt_", "hubt_" + "x" * 43, "hubt_" + "x" * 44])
def test_what_is_none_is_refused(transactional_db, text):
    why(text)


def test_those_that_nobody_used_go_with_the_next(ada):
    now = timezone.now()
    for number in range(3):
        ticket_create(user=ada, now=now + timedelta(seconds=number))
    ticket_create(user=ada, now=now + timedelta(seconds=SECONDS + KEPT + 1))
    assert Ticket.objects.count() == 2


def test_the_connection_ends_with_what_was_shown_for_it(ada):
    token = token_create(user=ada)
    grant = caller_find(credential=Credential(Kind.TOKEN, token)).grant
    secret, _ = ticket_create(user=ada, origin=PAGE, grant=grant)
    found = use(secret).grant
    assert (found, found.user_id, found.expires) == (grant, ada.pk, grant.expires)


def test_a_token_that_was_revoked_since_lets_nobody_in(ada):
    token = token_create(user=ada)
    grant = caller_find(credential=Credential(Kind.TOKEN, token)).grant
    secret, _ = ticket_create(user=ada, origin=PAGE, grant=grant)
    Token.objects.all().delete()
    assert why(secret) == "revoked token"


def test_nor_a_session_that_is_over(ada):
    client = Client()
    client.force_login(ada)
    key = client.cookies["sessionid"].value
    grant = caller_find(credential=Credential(Kind.SESSION, key)).grant
    secret, _ = ticket_create(user=ada, origin=PAGE, grant=grant)
    client.logout()
    with pytest.raises(SessionEndedError):
        use(secret)


def test_a_session_that_is_all_in_its_cookie_is_not_stored(ada):
    secret, _ = ticket_create(user=ada, grant=Grant(Kind.SESSION, "x" * 256, ada.pk))
    assert "xxx" not in str(Ticket.objects.values_list().get())
    assert use(secret, "").grant.kind is Kind.USER


@pytest.mark.parametrize("change", ["inactive", "password", "gone"])
def test_a_user_who_may_speak_no_longer_is_refused(ada, secret, change):
    if change == "gone":
        ada.delete()
    else:
        ada.is_active = change != "inactive"
        if change == "password":
            ada.set_password("new")
        ada.save()
    with pytest.raises(SessionEndedError):
        use(secret)


def test_a_user_without_a_row_gets_none(transactional_db):
    claims = SimpleNamespace(pk="7", is_authenticated=True, get_username=lambda: "ada")
    with pytest.raises(UnauthenticatedError):
        ticket_create(user=claims)
    assert not Ticket.objects.exists()


@pytest.fixture
def client(settings, ada):
    settings.ROOT_URLCONF = "tests.http.urls"
    return Client(enforce_csrf_checks=True)


def ask(client, **headers):
    return client.post(URL, headers=headers)


def test_a_token_buys_one(client, ada):
    bearer = f"Bearer {token_create(user=ada)}"
    answer = ask(client, Authorization=bearer, Origin=PAGE).json()
    assert answer["message"] == "Ticket created"
    assert set(answer["data"]) == {"ticket", "expires"}
    assert use(answer["data"]["ticket"]).user_id == ada.pk


def test_a_session_buys_one_with_the_csrf_token(client, ada):
    client.force_login(ada)
    assert ask(client).status_code == 403
    client.cookies["csrftoken"] = "a" * 32
    answer = ask(client, **{"X-CSRFToken": "a" * 32}).json()
    caller = use(answer["data"]["ticket"], "")
    assert (caller.user_id, caller.grant.kind) == (ada.pk, Kind.SESSION)


def test_a_projects_own_way_buys_one(client, ada, settings):
    settings.HUBBUB_AUTHENTICATION = ["tests.accounts.projects.ByHeader"]
    answer = ask(client, **{"X-Name": "ada"}).json()
    assert use(answer["data"]["ticket"], "").user_id == ada.pk


def test_nobody_and_a_bad_token_buy_none(client):
    assert ask(client).status_code == 401
    assert ask(client, Authorization="Bearer null").status_code == 401
    assert not Ticket.objects.exists()


def test_a_ticket_buys_no_other(client, secret):
    assert client.post(f"{URL}?ticket={secret}", headers={"Origin": PAGE}).status_code == 401


def test_a_user_asks_for_no_more_than_for_messages(client, ada, settings):
    settings.HUBBUB_RATE_LIMIT = "2/h"
    bearer = f"Bearer {token_create(user=ada)}"
    answers = [ask(client, Authorization=bearer) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Retry-After" in answers[-1]


async def test_it_is_shown_in_a_sockets_address(ada, secret, make_scope):
    scope = make_scope(("origin", PAGE), query=f"history=5&ticket={secret}")
    assert (await identify(scope)).user_id == ada.pk
    with pytest.raises(UnauthenticatedError):
        await identify(scope)


@pytest.mark.parametrize("names", [[], ["session"], ["token", "jwt"], ["user"]])
async def test_it_counts_whatever_the_list_is(ada, settings, make_scope, names):
    settings.HUBBUB_JWT_ALGORITHMS, settings.HUBBUB_JWT_KEY = ["HS256"], "s" * 32
    settings.HUBBUB_AUTHENTICATION = names
    secret, _ = await in_database(ticket_create, user=ada)
    assert (await identify(make_scope(query=f"%74icket={secret}"))).user_id == ada.pk


@pytest.mark.parametrize(
    "query", ["ticket=", "ticket=null", "ticket={0}&ticket={0}", "ticket=hubt_x"]
)
async def test_a_bad_one_is_refused_though_a_session_is_good(ada, secret, make_scope, query):
    client = AsyncClient()
    await client.aforce_login(ada)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    with pytest.raises(UnauthenticatedError):
        await identify(make_scope(("cookie", cookie), query=query.format(secret)))


async def test_another_s_ticket_may_be_what_a_middleware_has_read(ada, make_scope):
    scope = make_scope(query="ticket=theirs") | {"user": ada}
    assert (await identify(scope)).user_id == ada.pk


async def test_a_token_goes_before_it(ada, secret, make_scope):
    bob = await get_user_model().objects.acreate_user("bob")
    token = await in_database(token_create, user=bob)
    scope = make_scope(("origin", PAGE), query=f"ticket={secret}&token={token}")
    assert (await identify(scope)).user_id == bob.pk
