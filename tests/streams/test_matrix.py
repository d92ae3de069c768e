"""Every way to be somebody, every call of a project's own kind: allowed, refused, taken away."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from hubbub import streams
from hubbub.accounts.tokens import token_create
from hubbub.testing import Goodbye, Member
from tests.streams.games import new_game, publish
from tests.streams.policies import RIGHTS, Book
from tests.toys.models import Games
from tests.toys.pointers import Pointed, Pointers

CREDENTIALS = ("anonymous", "token", "session", "staff")
NEEDED = {"read": {"enter", "read"}, "send": {"enter", "send"}, "begin": {"enter", "begin"}}


class Sort(NamedTuple):
    """A kind, the path of its sockets, and what may be sent."""

    kind: type[streams.Kind]
    path: str
    request: dict[str, Any]


SORTS = {
    "game": Sort(Games, "games", {"type": "move", "field": "a1"}),
    "pointer": Sort(Pointers, "pointers", {"type": "point", "x": 1}),
}


@pytest.fixture(params=SORTS)
def sort(request, settings, transactional_db):
    """A kind that stores its events, and one that keeps nothing."""
    settings.ROOT_URLCONF = "tests.testing.urls"
    settings.HUBBUB_RATE_LIMIT = None
    return SORTS[request.param]


@pytest.fixture
def book(sort, monkeypatch):
    """What the kind answers; all is allowed."""
    book = Book()
    for right in RIGHTS:
        answer = lambda _, caller, name, right=right: book.answer(right, caller, name)  # noqa: E731
        monkeypatch.setattr(sort.kind, f"may_{right}", answer)
    return book


class Somebody:
    """One credential, on sockets and over HTTP, and a stream of a kind that has begun."""

    def __init__(self, sort: Sort, credential: str) -> None:
        self.sort, self.name, self.options, self.client = sort, new_game(), {}, Client()
        self.tell()
        if credential == "anonymous":
            return
        user = get_user_model().objects.create_user("me", is_staff=credential == "staff")
        if credential == "token":
            self.options = {"token": token_create(user=user)}
            self.client = Client(headers={"Authorization": f"Bearer {self.options['token']}"})
        else:
            self.client.force_login(user)
            self.options = {"client": self.client}

    @property
    def stream(self) -> str:
        return f"{self.sort.kind.kind}:{self.name}"

    def tell(self) -> None:
        """Tell of something in the stream, as the project's own code does."""
        if self.sort.kind is Games:
            publish(self.name, "b2")
        else:
            streams.publish("pointer", self.name, Pointed(2))

    def connect(self, query: str = "") -> Member:
        return Member(f"/ws/{self.sort.path}/{self.name}/{query}", **self.options)

    def many(self) -> Member:
        return Member("/ws/", subprotocols=["hubbub.v1"], **self.options)

    def ask(self, hearer: Any, **frame: Any) -> str:
        """The type of what a request is answered with."""
        hearer.say(**frame)
        while (answer := hearer.hear())["type"] not in {"ack", "history", "subscribed", "error"}:
            pass
        assert answer.get("code", "forbidden") == "forbidden"
        return answer["type"]

    def call(self, method: str, name: str = "", **body: Any) -> tuple[int, str, dict[str, str]]:
        """What is answered over HTTP, by whatever stream's name."""
        rest = {"data": body, "content_type": "application/json"} if body else {}
        path = f"/api/streams/{self.sort.kind.kind}/{name or self.name}/"
        answer = getattr(self.client, method)(path, **rest)
        return answer.status_code, answer.content.decode(), dict(answer.headers)


@pytest.mark.parametrize("no", [(), *((right,) for right in RIGHTS)])
@pytest.mark.parametrize("credential", CREDENTIALS)
def test_what_one_may_and_nothing_else(sort, book, credential, no):
    me = Somebody(sort, credential)
    book.no = set(no)
    # Of what is stored nowhere all that is sent is the first.
    sending = NEEDED["send"] | (NEEDED["begin"] if sort.kind is Pointers else set())
    may_enter, may_read, may_send = (
        not book.no & needed for needed in ({"enter"}, NEEDED["read"], sending)
    )
    assert me.call("get")[0] == (200 if may_read else 403)
    assert me.call("post", **sort.request)[0] == (200 if may_send else 403)
    assert me.call("options")[0] == me.call("head")[0] == 405
    with me.connect("?history=5") as member:
        if not may_enter:
            assert member.hear()["code"] == "forbidden"
            assert member.hear_goodbye() == Goodbye(4403, "not allowed")
            assert len(member.heard) == 1
        else:
            assert member.hear()["type"] == ("history" if may_read else "error")
            assert me.ask(member, type="history") == ("history" if may_read else "error")
            assert me.ask(member, id="c-1", **sort.request) == ("ack" if may_send else "error")
    with me.many() as member:
        subscribed = me.ask(member, type="subscribe", stream=me.stream)
        assert subscribed == ("subscribed" if may_enter else "error")
        if may_enter:
            read = me.ask(member, type="history", stream=me.stream)
            assert read == ("history" if may_read else "error")
            sent = me.ask(member, id="c-2", stream=me.stream, **sort.request)
            assert sent == ("ack" if may_send else "error")


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_what_one_may_not_enter_answers_as_what_is_not_there(sort, book, credential):
    me = Somebody(sort, credential)
    book.no = {"enter"}
    for method, body in (("get", {}), ("head", {}), ("options", {}), ("post", sort.request)):
        assert me.call(method, **body) == me.call(method, new_game(), **body)
    assert me.call("post", type="nonsense") == me.call("post", new_game(), type="nonsense")


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_taken_away_meanwhile(sort, book, credential):
    me = Somebody(sort, credential)
    with me.connect() as member, me.many() as many:
        assert me.ask(member, type="history") == "history"
        for stream in (me.stream, "chat:lobby"):
            assert me.ask(many, type="subscribe", stream=stream) == "subscribed"
        assert me.call("get")[0] == 200
        book.no = {"enter"}
        streams.review(sort.kind.kind, me.name)
        assert member.hear_until(type="error")["code"] == "forbidden"
        assert member.hear_goodbye() == Goodbye(4403, "not allowed")
        ended = many.hear_until(type="unsubscribed")
        assert (ended["stream"], ended["code"]) == (me.stream, "forbidden")
        me.tell()
        assert me.ask(many, type="history", stream="chat:lobby") == "history"
        assert all(frame.get("stream") != me.stream for frame in many.heard[many_from(many) :])
        assert me.call("get")[0] == me.call("post", **sort.request)[0] == 403


def many_from(many: Any) -> int:
    """Where what was heard goes on behind the end of a subscription."""
    kinds = [frame["type"] for frame in many.heard]
    return kinds.index("unsubscribed") + 1
