"""API version 1, HTTP: Send Notification."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from hubbub.accounts.tokens import token_create
from hubbub.notifications import api
from hubbub.notifications.models import Notification

URL = "/api/notifications/send/"
HELLO = {"title": "New Message", "message": "You have a new message", "priority": "normal"}
PLAIN = {"data": None, "user_ids": None, "sender_id": None, "request_id": ""}
REQUIRED = "Title and message are required"
FORMAT = "Invalid message format"


@pytest.fixture(autouse=True)
def door(settings):
    settings.ROOT_URLCONF = "tests.http.urls"
    settings.HUBBUB_NOTIFICATIONS_SEND = "anyone"


@pytest.fixture
def sent(monkeypatch) -> list[dict]:
    calls: list[dict] = []

    async def keep(**call: object) -> None:
        calls.append(call)

    monkeypatch.setattr(api, "asend", keep)
    monkeypatch.setattr(api, "find_users", lambda _, wanted: wanted)
    return calls


def send(body: object, client: Client | None = None, **headers: str):
    client = client or Client(enforce_csrf_checks=True)
    data = body if isinstance(body, bytes) else json.dumps(body)
    return client.post(URL, data, content_type="application/json", headers=headers)


def test_the_documented_request_gets_the_documented_answer(sent):
    response = send(HELLO)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/json")
    assert response.json() == {"status": "success", "message": "Notification sent", "data": HELLO}
    assert sent == [{**HELLO, **PLAIN}]


def test_it_goes_through_the_real_service(transactional_db, writer_ends):
    response = send({**HELLO, "id": "n-1"})
    assert response.json() == {"status": "success", "message": "Notification sent", "data": HELLO}
    assert Notification.objects.get().title == HELLO["title"]


def test_the_same_id_is_sent_once_and_for_something_else_it_is_refused(
    transactional_db, writer_ends
):
    for _ in range(3):
        assert send({**HELLO, "id": "n-1"}).status_code == 200
    response = send({**HELLO, "title": "Other", "id": "n-1"})
    assert (response.status_code, response.json()["message"]) == (
        400,
        "This id was used for something else",
    )
    assert Notification.objects.count() == 1


def test_the_same_id_of_other_senders_is_another(transactional_db, writer_ends):
    for name in ("ada", "bob"):
        token = token_create(user=get_user_model().objects.create_user(name))
        assert send({**HELLO, "id": "n-1"}, Authorization=f"Bearer {token}").status_code == 200
    assert Notification.objects.count() == 2


@pytest.mark.parametrize("bad", [None, 7, "", "x" * 65, ["n"]])
def test_an_id_that_cannot_be_is_refused(sent, bad):
    response = send({**HELLO, "id": bad})
    assert (response.status_code, response.json()["message"]) == (400, FORMAT)
    assert sent == []


def test_without_a_priority_it_is_normal(sent):
    response = send({"title": "Test", "message": "Hello!"})
    assert response.json()["data"] == {"title": "Test", "message": "Hello!", "priority": "normal"}
    assert sent[0]["priority"] == "normal"


@pytest.mark.parametrize("priority", ["low", "normal", "high"])
def test_every_documented_priority_is_taken(sent, priority):
    assert send({**HELLO, "priority": priority}).json()["data"]["priority"] == priority


@pytest.mark.parametrize("priority", ["urgent", "HIGH", "", None, 1, ["low"], {}])
def test_another_priority_is_refused(sent, priority):
    response = send({**HELLO, "priority": priority})
    assert response.status_code == 400
    assert response.json()["message"] == "Invalid priority (low, normal or high)"
    assert sent == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": "Test"},
        {"message": "Hello!"},
        {**HELLO, "title": ""},
        {**HELLO, "message": ""},
        {**HELLO, "title": " \n\t"},
        {**HELLO, "message": "\u2003\u00a0"},
        {**HELLO, "title": None},
        {**HELLO, "message": None},
        {**HELLO, "title": "", "message": 7},
    ],
)
def test_without_title_or_message_it_is_refused_with_the_documented_answer(sent, body):
    response = send(body)
    assert response.status_code == 400
    assert response.json() == {"status": "error", "message": REQUIRED}
    assert sent == []


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        "text",
        {**HELLO, "title": 7},
        {**HELLO, "message": ["Hello"]},
        {**HELLO, "message": False},
    ],
)
def test_a_wrong_type_is_an_invalid_format(sent, body):
    response = send(body)
    assert (response.status_code, response.json()["message"]) == (400, FORMAT)
    assert sent == []


def test_what_is_not_json_is_told_so(sent):
    assert send(b"title=Test").json()["message"] == "Invalid JSON format"


def test_lengths_are_counted_in_code_points(sent):
    assert send({"title": "é" * 200, "message": "😀" * 1000}).status_code == 200
    assert send({**HELLO, "title": "é" * 201}).json()["message"] == (
        "Invalid title (max 200 characters)"
    )
    assert send({**HELLO, "message": "😀" * 1001}).json()["message"] == (
        "Invalid message (max 1000 characters)"
    )
    assert len(sent) == 1


def test_the_text_is_sent_as_it_came(sent):
    odd = {"title": "  <b>\u202e\0", "message": "\n\ta ", "priority": "low"}
    assert send(odd).json()["data"] == odd
    assert sent == [{**odd, **PLAIN}]


def test_unknown_keys_are_ignored_and_not_echoed(sent):
    response = send({**HELLO, "color": "red"})
    assert response.json()["data"] == HELLO
    assert sent == [{**HELLO, **PLAIN}]


@pytest.mark.parametrize(
    ("named", "recipients"),
    [
        ({"user_id": 7}, [7]),
        ({"user_id": "9b2e-aa"}, ["9b2e-aa"]),
        ({"user_id": "ada+shop@example.org"}, ["ada+shop@example.org"]),
        ({"user_ids": ["é" * 94]}, ["é" * 94]),
        ({"user_ids": [7]}, [7]),
        ({"user_ids": [3, "x", 3, 1]}, [3, "x", 1]),
        ({"user_id": 7.0}, [7]),
        ({"user_ids": [7, "7", 7.0]}, [7]),
        ({"user_ids": list(range(1000))}, list(range(1000))),
    ],
)
def test_recipients_may_be_named_and_are_not_echoed(sent, named, recipients):
    assert send({**HELLO, **named}).json()["data"] == HELLO
    assert sent == [{**HELLO, **PLAIN, "user_ids": recipients}]


@pytest.mark.parametrize(
    "named",
    [
        {"user_id": None},
        {"user_id": True},
        {"user_id": 1.5},
        {"user_id": -1},
        {"user_id": 1 << 63},
        {"user_id": ""},
        {"user_id": "a b"},
        {"user_id": "7\n"},
        {"user_id": "a" * 95},
        {"user_id": [7]},
        {"user_ids": None},
        {"user_ids": []},
        {"user_ids": 7},
        {"user_ids": "7"},
        {"user_ids": [None]},
        {"user_ids": list(range(1001))},
        {"user_id": 7, "user_ids": [8]},
    ],
)
def test_recipients_that_cannot_be_are_refused_and_never_mean_everyone(sent, named):
    response = send({**HELLO, **named})
    assert (response.status_code, response.json()["message"]) == (400, FORMAT)
    assert sent == []


@pytest.mark.parametrize(
    ("setting", "anonymous", "user", "staff"),
    [("anyone", 200, 200, 200), ("users", 401, 200, 200), ("staff", 401, 403, 200)],
)
def test_the_setting_says_who_may_send(  # noqa: PLR0917
    transactional_db, settings, sent, setting, anonymous, user, staff
):
    settings.HUBBUB_NOTIFICATIONS_SEND = setting
    people = get_user_model().objects
    ada = people.create_user("ada")
    root = people.create_user("root", is_staff=True)
    assert send(HELLO).status_code == anonymous
    for person, status in ((ada, user), (root, staff)):
        token = token_create(user=person)
        assert send(HELLO, Authorization=f"Bearer {token}").status_code == status


def test_a_refusal_names_its_reason(transactional_db, settings, sent):
    settings.HUBBUB_NOTIFICATIONS_SEND = "staff"
    assert send(HELLO).json() == {"status": "error", "message": "Authentication required"}
    token = token_create(user=get_user_model().objects.create_user("ada"))
    response = send(HELLO, Authorization=f"Bearer {token}")
    assert response.json() == {"status": "error", "message": "Not allowed"}
    assert sent == []


def test_who_may_not_send_learns_nothing_of_the_body(settings, sent):
    settings.HUBBUB_NOTIFICATIONS_SEND = "staff"
    assert send(b"{").status_code == 401


def test_a_program_of_version_1_may_send_as_many_as_it_likes(sent, settings):
    settings.HUBBUB_RATE_LIMIT = "3/h"
    assert {send(HELLO).status_code for _ in range(10)} == {200}
    assert len(sent) == 10


def test_who_sends_more_than_an_address_may_is_told_to_wait(sent, settings):
    settings.HUBBUB_RATE_LIMIT_ADDRESS = "3/h"
    answers = [send(body) for body in (HELLO, b"{", HELLO, HELLO)]
    assert [answer.status_code for answer in answers] == [200, 400, 200, 429]
    assert answers[-1].json() == {"status": "error", "message": "Rate limit exceeded"}
    assert 1 <= int(answers[-1]["Retry-After"]) <= 1200
    assert len(sent) == 2


def test_all_of_an_ipv6_network_is_one_address(sent, settings):
    settings.HUBBUB_RATE_LIMIT_ADDRESS = "1/h"
    clients = [Client(REMOTE_ADDR=f"2001:db8::{host}") for host in ("1", "2", "1:0:0:0:1")]
    assert [send(HELLO, client).status_code for client in clients] == [200, 429, 200]


def test_every_user_is_counted_apart(transactional_db, sent, settings):
    settings.HUBBUB_RATE_LIMIT_USER = "1/h"
    users = [get_user_model().objects.create_user(name) for name in ("ada", "bob")]
    headers = [{"Authorization": f"Bearer {token_create(user=user)}"} for user in users]
    for shown in headers:
        assert [send(HELLO, **shown).status_code for _ in range(2)] == [200, 429]


def test_who_may_not_send_uses_up_nothing(transactional_db, sent, settings):
    settings.HUBBUB_NOTIFICATIONS_SEND = "users"
    settings.HUBBUB_RATE_LIMIT_ADDRESS = "1/h"
    assert [send(HELLO).status_code for _ in range(3)] == [401] * 3
    token = token_create(user=get_user_model().objects.create_user("ada"))
    assert send(HELLO, Authorization=f"Bearer {token}").status_code == 200


def test_without_a_limit_everyone_sends_on(sent, settings):
    settings.HUBBUB_RATE_LIMIT = None
    assert {send(HELLO).status_code for _ in range(200)} == {200}


def test_a_signed_in_page_sends_with_the_csrf_token_as_documented(transactional_db, sent):
    client = Client(enforce_csrf_checks=True)
    client.force_login(get_user_model().objects.create_user("ada"))
    assert send(HELLO, client).status_code == 403
    client.cookies["csrftoken"] = "a" * 32
    response = send(HELLO, client, **{"X-CSRFToken": "a" * 32})
    assert response.json()["data"] == HELLO
    assert len(sent) == 1


def test_the_sample_of_the_description_is_answered_as_it_is(sent):
    schemas = json.loads(Client().get("/api/openapi.json").content)["components"]["schemas"]
    sample = schemas["Draft"]["example"]
    assert send(sample).json()["data"] == sample
