"""Who may begin a room or a counter, on sockets and over HTTP, and how many."""

from itertools import count

import pytest

from hubbub.accounts import beginnings as module
from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.errors import ForbiddenError, RateLimitedError
from hubbub.journal.read import Extent
from hubbub.limits.ledger import shared_buckets
from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.http.calls import call

HERE, THERE = "192.0.2.1", "192.0.2.2"
ADA, BOB, EVE = Caller(1, "ada"), Caller(2, "bob"), Caller(3, "eve", is_staff=True)
numbers = count(1)


@pytest.fixture
def table(transactional_db, monkeypatch, settings):
    """What the table says of streams, and the questions that it was asked."""
    module.forget_begun()
    shared_buckets.clear()
    asked: list[str] = []
    known: set[str] = {"chat:old"}

    def extent(stream):
        asked.append(stream)
        return Extent(last_seq=int(stream in known))

    monkeypatch.setattr(module, "extent", extent)
    settings.HUBBUB_RATE_LIMIT_BEGIN = "2/h"
    yield asked
    shared_buckets.clear()
    module.forget_begun()


async def begun(stream, caller=ANONYMOUS, address=HERE, allowed="anyone"):
    try:
        await module.check_beginning(stream, caller, address, allowed)
    except ForbiddenError:
        return "forbidden"
    except RateLimitedError as refusal:
        return "limited" if 0 < (refusal.retry_after or 0) <= 3600 else "for ever"
    return "begun"


@pytest.mark.parametrize(
    ("allowed", "outcomes"),
    [
        ("anyone", ["begun", "begun", "begun"]),
        ("users", ["forbidden", "begun", "begun"]),
        ("staff", ["forbidden", "forbidden", "begun"]),
    ],
)
async def test_a_setting_says_who_may_begin(table, allowed, outcomes):
    callers = (ANONYMOUS, ADA, EVE)
    assert [await begun("chat:new", who, allowed=allowed) for who in callers] == outcomes
    assert [await begun("chat:old", who, allowed=allowed) for who in callers] == ["begun"] * 3


async def test_one_address_begins_so_many_rooms_and_goes_on_in_those_that_have_begun(table):
    outcomes = [await begun(f"chat:{number}") for number in range(4)]
    assert outcomes == ["begun", "begun", "limited", "limited"]
    assert await begun("chat:old") == "begun"
    assert await begun("chat:5", address=THERE) == "begun"


async def test_a_site_of_ipv6_is_one_address(table):
    addresses = ("2001:db8::/64", "2001:db8:0:7::/64", "2001:db8:0:8::/64", "2001:db8:1::/64")
    outcomes = [await begun(f"chat:{address}", address=address) for address in addresses]
    assert outcomes == ["begun", "begun", "limited", "begun"]


async def test_a_user_is_one_wherever_it_is_and_counts_for_nobody_else(table):
    addresses = (HERE, THERE, HERE)
    assert [await begun(f"chat:{n}", ADA, at) for n, at in enumerate(addresses)] == [
        "begun",
        "begun",
        "limited",
    ]
    assert await begun("chat:4", BOB) == "begun"
    assert await begun("chat:5") == "begun"


async def test_staff_begins_as_many_as_it_likes(table):
    assert {await begun(f"chat:{number}", EVE) for number in range(10)} == {"begun"}
    assert table == []


async def test_what_has_begun_is_asked_for_once(table):
    assert [await begun("chat:old") for _ in range(3)] == ["begun"] * 3
    assert table == ["chat:old"]


async def test_where_nothing_is_limited_nothing_is_asked(table, settings):
    settings.HUBBUB_RATE_LIMIT_BEGIN = "off"
    assert {await begun(f"chat:{number}") for number in range(10)} == {"begun"}
    assert table == []
    assert await begun("chat:new", allowed="users") == "forbidden"


def test_what_is_known_to_have_begun_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "STREAMS", 3)
    module.forget_begun()
    for number in range(10):
        module.note_begun(f"chat:{number}")
    assert list(module._begun) == ["chat:7", "chat:8", "chat:9"]
    module.forget_begun()


# The doors.


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A server on which one begins rooms only as a user, counters as staff, and three an hour."""
    variables = {
        "HUBBUB_RATE_LIMIT": "off",
        "HUBBUB_CHAT_BEGIN": "users",
        "HUBBUB_COUNTER_BEGIN": "staff",
        "HUBBUB_RATE_LIMIT_BEGIN": "3/h",
    }
    with serve(tmp_path_factory.mktemp("strict"), **variables) as server:
        yield server


@pytest.fixture(scope="module")
def open_site(tmp_path_factory):
    """A server on which anybody may begin, but three an hour."""
    variables = {"HUBBUB_RATE_LIMIT": "off", "HUBBUB_RATE_LIMIT_BEGIN": "3/h"}
    with serve(tmp_path_factory.mktemp("open"), **variables) as server:
        yield server


@pytest.fixture
def name():
    return f"fresh-{next(numbers)}"


def begins(site, name):
    """Whether the table has the stream of a room, or of a counter."""
    return call(site.http(f"/api/chat/{name}/messages/")).data["seq"] > 0 or (
        call(site.http(f"/api/counter/{name}/")).data["version"] > 0
    )


async def test_nobody_begins_a_room_but_joins_it_and_speaks_when_it_has_begun(strict, name):
    url, ada = strict.ws(f"/ws/chat/{name}/"), strict.people["ada"].token
    async with talk(url) as nobody:
        await nobody.say_chat("first", id="c-1")
        refusal = await nobody.hear_until(type="error")
        assert (refusal["message"], refusal["code"], refusal["id"]) == (
            "Not allowed",
            "forbidden",
            "c-1",
        )
        assert not begins(strict, name)
        answer = call(strict.http(f"/api/chat/{name}/messages/"), {"message": "first"})
        assert answer.refusal == (403, "Not allowed")
        async with talk(url, bearer=ada) as user:
            await user.say_chat("Hello")
            await nobody.hear_until(message="Hello")
        await nobody.say_chat("second")
        assert (await nobody.hear_until(message="second"))["seq"] == 2
    body = {"message": "third"}
    assert call(strict.http(f"/api/chat/{name}/messages/"), body).data["seq"] == 3


async def test_only_staff_begins_a_counter_but_the_one_called_global_is_always_there(strict, name):
    url, http = strict.ws(f"/ws/counter/{name}/"), strict.http(f"/api/counter/{name}/")
    eve, change = strict.people["eve"].token, {"action": "increment"}
    async with talk(url, bearer=strict.people["ada"].token) as user:
        await user.say(**change)
        assert (await user.hear_until(type="error"))["code"] == "forbidden"
        assert call(http, change).refusal == (403, "Not allowed")
        assert not begins(strict, name)
        async with talk(url, bearer=eve) as staff:
            await staff.say(**change)
            await user.hear_until(counter=1)
        await user.say(**change)
        assert (await user.hear_until(counter=2))["version"] == 2
    assert call(http, change).data["counter"] == 3
    assert call(strict.http("/api/counter/global/"), change).data["version"] == 1
    async with talk(strict.ws("/ws/counter/")) as nobody:
        await nobody.say(**change)
        await nobody.hear_until(version=2)


async def test_rooms_and_counters_at_both_doors_count_together(open_site):
    site, change = open_site, {"action": "increment"}
    async with talk(site.ws("/ws/chat/one/")) as client:
        for number in range(10):  # of one room, however many come before the first is stored
            await client.say_chat(f"{number}")
        await client.hear_until(message="9")
    assert call(site.http("/api/chat/two/messages/"), {"message": "x"}).status == 200
    assert call(site.http("/api/counter/three/"), change).status == 200
    answer = call(site.http("/api/chat/four/messages/"), {"message": "x"})
    assert answer.refusal == (429, "Rate limit exceeded")
    assert 1 <= int(answer.headers["Retry-After"]) <= 1200
    assert call(site.http("/api/counter/four/"), change).refusal == (429, "Rate limit exceeded")
    for path, request in (("chat", {"type": "chat_message", "message": "x"}), ("counter", change)):
        async with talk(site.ws(f"/ws/{path}/four/")) as client:
            await client.say(**request)
            refusal = await client.hear_until(type="error")
            assert (refusal["code"], refusal["retry_after"] > 0) == ("rate_limited", True)
    assert not begins(site, "four")
    for room in ("one", "two"):
        assert call(site.http(f"/api/chat/{room}/messages/"), {"message": "on"}).status == 200
    for person in ("ada", "bob"):
        body, token = {"message": "x"}, site.people[person].token
        url = site.http(f"/api/chat/of-{person}/messages/")
        assert call(url, body, bearer=token).status == 200
