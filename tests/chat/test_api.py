"""Chat over HTTP: the same rooms, the same rules, beside those who sit in them."""

import pytest

from tests.api_v1.talk import talk
from tests.chat.conftest import numbers
from tests.http.calls import call


@pytest.fixture
def room() -> str:
    return f"http-{next(numbers)}"


@pytest.fixture
def messages(site, room) -> str:
    return site.http(f"/api/chat/{room}/messages/")


def say(url: str, *texts: str) -> list[int]:
    return [call(url, {"message": text}).data["seq"] for text in texts]


def texts(page) -> list[str]:
    return [message["message"] for message in page["messages"]]


async def test_what_is_posted_is_heard_in_the_room_as_it_is_answered(site, room, messages, people):
    async with talk(site.ws(f"/ws/chat/{room}/")) as member:
        answer = call(messages, {"message": "Hello"}, bearer=people["ada"].token)
        assert answer.body["status"] == "success"
        assert answer.data == await member.hear()
        assert answer.data | {"timestamp": ""} == {
            "type": "chat_message",
            "message": "Hello",
            "username": "ada",
            "user_id": people["ada"].user_id,
            "seq": 1,
            "timestamp": "",
        }


async def test_socket_and_http_number_one_stream(site, room, messages):
    async with talk(site.ws(f"/ws/chat/{room}/")) as member:
        await member.say_chat("one")
        await member.hear()
        assert say(messages, "two") == [2]
        await member.hear()
        await member.say_chat("three")
        assert (await member.hear())["seq"] == 2 + 1


def test_the_same_id_stores_once_and_gets_the_first_answer(messages):
    first = call(messages, {"message": "Hello", "id": "c-1"}).data
    assert call(messages, {"message": "Hello", "id": "c-1"}).data == first
    assert call(messages, {"message": "Bye", "id": "c-1"}).refusal == (
        400,
        "This id was used for something else",
    )
    assert len(call(messages).data["messages"]) == 1


async def test_an_id_of_the_socket_is_known_over_http(site, room, messages):
    async with talk(site.ws(f"/ws/chat/{room}/")) as member:
        await member.say_chat("Hello", id="c-1", username="john")
        ack = await member.hear_until(type="ack")
    again = call(messages, {"message": "Hello", "id": "c-1", "username": "jim"}).data
    assert (again["seq"], again["timestamp"]) == (ack["seq"], ack["timestamp"])
    assert again["username"] == "john"


def test_a_signed_in_caller_speaks_under_the_accounts_name(messages, people):
    body = {"message": "Hello", "username": "john"}
    assert call(messages, body, bearer=people["ada"].token).data["username"] == "ada"


def test_an_anonymous_caller_may_choose_a_name_but_no_accounts(messages):
    assert call(messages, {"message": "a", "username": "john"}).data["username"] == "john"
    assert call(messages, {"message": "a"}).data["username"] == "Anonymous"
    assert call(messages, {"message": "a", "username": "ada"}).refusal == (403, "Not allowed")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"message": ""}, "Invalid message (max 1000 characters)"),
        ({"message": " \n"}, "Invalid message (max 1000 characters)"),
        ({"message": "😀" * 1001}, "Invalid message (max 1000 characters)"),
        ({}, "Invalid message format"),
        ([], "Invalid message format"),
        ({"message": 7}, "Invalid message format"),
        ({"message": "a", "username": None}, "Invalid message format"),
        ({"message": "a", "username": "j" * 65}, "Invalid message format"),
        ({"message": "a", "id": ""}, "Invalid message format"),
        ({"message": "a", "id": "c" * 65}, "Invalid message format"),
        ({"message": "a", "id": 7}, "Invalid message format"),
        (b"Hello", "Invalid JSON format"),
    ],
)
def test_what_is_refused_gets_the_sockets_sentence_and_is_not_stored(messages, body, sentence):
    assert call(messages, body).refusal == (400, sentence)
    assert call(messages).data["messages"] == []


def test_lengths_are_counted_in_code_points(messages):
    assert call(messages, {"message": "😀" * 1000, "username": "é" * 64}).status == 200


def test_pages_go_back_from_the_end(messages):
    say(messages, *"abcdef")
    page = call(f"{messages}?limit=4").data
    assert texts(page) == list("cdef")
    assert (page["seq"], page["first"], page["more"]) == (6, 1, True)
    page = call(f"{messages}?limit=4&before={page['messages'][0]['seq']}").data
    assert (texts(page), page["more"]) == (["a", "b"], False)


def test_pages_go_forth_from_a_message(messages):
    say(messages, *"abcdef")
    page = call(f"{messages}?limit=4&after=1").data
    assert (texts(page), page["more"]) == (list("bcde"), True)
    page = call(f"{messages}?limit=4&after={page['messages'][-1]['seq']}").data
    assert (texts(page), page["more"]) == (["f"], False)
    assert texts(call(f"{messages}?after=1&before=4").data) == ["b", "c"]


async def test_messages_are_whole_and_the_epoch_is_that_of_the_socket(site, room, messages):
    posted = call(messages, {"message": "Hello", "username": "john"}).data
    page = call(messages).data
    assert page["messages"] == [posted]
    async with talk(site.ws(f"/ws/chat/{room}/?since={page['seq']}&epoch={page['epoch']}")) as one:
        assert (await one.hear())["recovered"] is True


def test_a_room_in_which_nobody_spoke_is_empty_and_has_the_epoch_of_its_first_message(messages):
    page = call(messages).data
    epoch = page["epoch"]
    assert epoch
    assert page == {"messages": [], "seq": 0, "first": 1, "epoch": epoch, "more": False}
    call(messages, {"message": "Hello", "username": "john"})
    assert call(messages).data["epoch"] == epoch


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=many", "before=0", "before=x", "after=-1", f"before={10**30}"],
)
def test_a_page_that_cannot_be_is_refused(messages, query):
    assert call(f"{messages}?{query}").refusal == (400, "Invalid message format")


def test_rooms_are_listed_by_name_in_pages(site):
    number = next(numbers)
    names = [f"list-{number}-{letter}" for letter in "abc"]
    for name in names:
        say(site.http(f"/api/chat/{name}/messages/"), "a", "b")
    rooms = site.http("/api/chat/rooms/")
    prefix = names[0][:-1]
    page = call(f"{rooms}?after={prefix}&limit=2").data
    assert [room["name"] for room in page["rooms"]] == sorted(names)[:2]
    assert page["more"] is True
    assert page["rooms"][0]["seq"] == 2
    assert page["rooms"][0]["epoch"]
    assert call(f"{rooms}?after=a%20b").refusal == (400, "Invalid message format")


async def test_presence_tells_who_is_connected(site, room, people):
    presence = site.http(f"/api/chat/{room}/presence/")
    assert call(presence).data == {"count": 0, "users": []}
    url = site.ws(f"/ws/chat/{room}/")
    async with talk(url, bearer=people["ada"].token), talk(url) as other:
        await other.say(type="presence")
        await other.hear_until(type="presence")
        assert call(presence).data == {
            "count": 2,
            "users": [
                {"username": "ada", "connections": 1},
                {"username": "Anonymous", "connections": 1},
            ],
        }


@pytest.mark.parametrize("name", ["a%20b", "caf%C3%A9", "a" * 65, "%00", "a%2Fb"])
@pytest.mark.parametrize("rest", ["messages", "presence"])
def test_a_name_that_no_room_can_have_is_not_found(site, name, rest):
    assert call(site.http(f"/api/chat/{name}/{rest}/")).refusal == (404, "Not found")


def test_a_server_for_users_only_asks_for_one(strict_site):
    rooms = strict_site.http("/api/chat/rooms/")
    assert call(rooms).refusal == (401, "Authentication required")
    assert call(rooms, bearer=strict_site.people["bob"].token).status == 200
    messages = strict_site.http("/api/chat/http/messages/")
    assert call(messages, {"message": "a"}).refusal == (401, "Authentication required")


def test_over_the_rate_limit_it_says_when_to_come_back(strict_site):
    messages = strict_site.http("/api/chat/http/messages/")
    token = strict_site.people["eve"].token
    for body in ({"message": "a"}, {"message": ""}, b"nonsense", {}, {"message": "b"}):
        assert call(messages, body, bearer=token).status in (200, 400)
    answer = call(messages, {"message": "c"}, bearer=token)
    assert answer.refusal == (429, "Rate limit exceeded")
    assert 0 < int(answer.headers["Retry-After"]) <= 3600 / 5
    assert call(messages, bearer=token).status == 200
    assert call(messages, {"message": "a"}, bearer=strict_site.people["bob"].token).status == 200
