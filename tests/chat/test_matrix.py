"""Every way to be somebody, every call of chat: allowed, refused, and taken away meanwhile."""

from __future__ import annotations

from time import time
from typing import Any

import jwt
import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from hubbub.accounts.tokens import token_create
from hubbub.chat import services as chat
from hubbub.chat.members import member_remove, member_save, room_save
from hubbub.chat.models import Membership, Sanction
from hubbub.chat.sanctions import user_ban, user_mute
from hubbub.testing import Goodbye, Member

SECRET = "a secret of at least thirty-two bytes"
#: Who may enter the room that is for members, and who moderates where it may enter.
INSIDE = ("member", "moderator")
MODERATES = ("staff", "moderator")
CREDENTIALS = ("anonymous", "token", "session", "jwt", "staff", "member", "moderator", "banned")
SOCKET = {
    "history": ({"type": "history"}, "history"),
    "send": ({"type": "chat_message", "message": "a", "id": "c-1"}, "ack"),
    "presence": ({"type": "presence"}, "presence"),
    "edit own": ({"type": "edit", "message": "b", "id": "c-2"}, "ack"),
    "delete own": ({"type": "delete", "id": "c-3"}, "ack"),
    "edit another's": ({"type": "edit", "message": "b", "id": "c-4"}, "ack"),
    "delete another's": ({"type": "delete", "id": "c-5"}, "ack"),
    "mute": ({"type": "mute"}, "moderated"),
    "unmute": ({"type": "unmute"}, "moderated"),
    "ban": ({"type": "ban"}, "moderated"),
    "unban": ({"type": "unban"}, "moderated"),
    "kick": ({"type": "kick"}, "moderated"),
}
#: Method, path, body. What ends in `own` is one's own message.
HTTP: dict[str, tuple[str, str, dict[str, Any]]] = {
    "read": ("get", "messages/", {}),
    "presence": ("get", "presence/", {}),
    "post": ("post", "messages/", {"message": "a"}),
    "edit own": ("patch", "messages/{own}/", {"message": "b"}),
    "delete own": ("delete", "messages/{own}/", {}),
    "edit another's": ("patch", "messages/{other}/", {"message": "b"}),
    "delete another's": ("delete", "messages/{other}/", {}),
    "members": ("get", "members/", {}),
    "add a member": ("post", "members/", {"user_id": "target"}),
    "remove a member": ("delete", "members/{target}/", {}),
    "sanctions": ("get", "sanctions/", {}),
    "mute": ("post", "sanctions/", {"action": "mute", "user_id": "target"}),
    "lift": ("post", "sanctions/{sanction}/lift/", {}),
}
SIGNED_IN = [one for one in CREDENTIALS if one not in {"anonymous", "banned"}]
OF_MODERATORS = {"edit another's", "delete another's", "mute", "unmute", "ban", "unban", "kick"}
OF_MODERATORS |= {"members", "add a member", "remove a member", "sanctions", "lift"}
OF_AUTHORS = {"edit own", "delete own"}
SENDING = {"send", "post", "edit own", "edit another's", "typing"}


@pytest.fixture(autouse=True)
def project(settings, transactional_db):
    settings.ROOT_URLCONF = "tests.testing.urls"
    settings.HUBBUB_CHAT_POLICY = "hubbub.chat.policies.Members"
    settings.HUBBUB_AUTHENTICATION = ("token", "jwt", "user", "session")
    settings.HUBBUB_JWT_ALGORITHMS = "HS256"
    settings.HUBBUB_JWT_KEY = SECRET
    settings.HUBBUB_RATE_LIMIT = None
    room_save(name="open")
    room_save(name="closed", access="hidden")
    chat.post(room="open", message="before")
    chat.post(room="closed", message="before")


class Somebody:
    """One credential, on sockets and over HTTP."""

    def __init__(self, credential: str) -> None:
        self.credential = credential
        self.target = get_user_model().objects.create_user("target")
        self.user = None
        self.options: dict[str, Any] = {}
        self.client = Client()
        if credential != "anonymous":
            self._sign_in(credential)

    def _sign_in(self, credential: str) -> None:
        self.user = get_user_model().objects.create_user("me", is_staff=credential == "staff")
        if credential in INSIDE:
            for room in ("open", "closed"):
                member_save(room=room, user_id=self.user.pk, role=credential)
        if credential == "banned":
            user_ban(user_id=self.user.pk)
        if credential in {"session", "staff"}:
            self.client.force_login(self.user)
            self.options["client"] = self.client
            return
        token = token_create(user=self.user)
        if credential == "jwt":
            claims = {"sub": str(self.user.pk), "exp": int(time()) + 600}
            token = jwt.encode(claims, SECRET, "HS256")
        self.options["token"] = token
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    @property
    def key(self) -> Any:
        return None if self.user is None else self.user.pk

    def may_enter(self, room: str) -> bool:
        return self.credential != "banned" and (room == "open" or self.credential in INSIDE)

    def may(self, room: str, call: str) -> bool:
        if not self.may_enter(room):
            return False
        if call in OF_MODERATORS:
            return self.credential in MODERATES
        return call not in OF_AUTHORS or self.key is not None

    def connect(self, room: str, query: str = "") -> Member:
        return Member(f"/ws/chat/{room}/{query}", **self.options)

    def say(self, member: Any, room: str, call: str) -> dict[str, Any]:
        """What is answered to a request on the socket."""
        request, expected = SOCKET[call]
        if request["type"] in {"edit", "delete"}:
            request = request | {"seq": self.message(room, call)}
        elif expected == "moderated":
            request = request | {"user_id": self.target.pk}
        member.say(**request)
        while (frame := member.hear())["type"] not in {expected, "error"}:
            pass
        return frame

    def call(self, room: str, name: str) -> tuple[int, str]:
        """What is answered to a call over HTTP."""
        method, path, body = HTTP[name]
        found = {"own": "", "other": "", "target": self.target.pk, "sanction": ""}
        if "{own}" in path or "{other}" in path:
            found["own"] = found["other"] = self.message(room, name)
        if name == "lift":
            found["sanction"] = user_mute(user_id=self.target.pk, room=room).pk
        if name == "remove a member":
            member_save(room=room, user_id=self.target.pk)
        body = {key: found["target"] if value == "target" else value for key, value in body.items()}
        options = {"data": body, "content_type": "application/json"} if body else {}
        address = f"/api/chat/{room}/{path.format(**found)}"
        answer = getattr(self.client, method)(address, **options)
        return answer.status_code, answer.json()["message"]

    def message(self, room: str, call: str) -> int:
        """One to be changed: one's own, or another's."""
        author = self.target.pk if call not in OF_AUTHORS else self.key
        return chat.post(room=room, message="to be changed", user_id=author).seq

    def rooms(self) -> set[str]:
        answer = self.client.get("/api/chat/rooms/").json()
        return {room["name"] for room in answer["data"]["rooms"]}


@pytest.mark.parametrize("room", ["open", "closed"])
@pytest.mark.parametrize("credential", CREDENTIALS)
def test_over_http(credential, room):
    me = Somebody(credential)
    answered = {name: me.call(room, name) for name in HTTP}
    for name, answer in answered.items():
        asks_user = name in OF_MODERATORS | OF_AUTHORS and me.key is None
        refused = (401, "Authentication required") if asks_user else (403, "Not allowed")
        assert (answer[0] == 200) if me.may(room, name) else (answer == refused), name
    assert me.rooms() == {name for name in ("open", "closed") if me.may_enter(name)}
    staff_alone = me.client.post(
        f"/api/chat/{room}/access/", {"access": "public"}, content_type="application/json"
    )
    allowed = credential == "staff" and me.may_enter(room)
    expected = 401 if me.key is None else 200 if allowed else 403
    assert staff_alone.status_code == expected


@pytest.mark.parametrize("query", ["", "?history=10", "?since=0"])
@pytest.mark.parametrize("room", ["open", "closed"])
@pytest.mark.parametrize("credential", CREDENTIALS)
def test_on_the_socket(credential, room, query):
    me = Somebody(credential)
    with me.connect(room, query) as member:
        if not me.may_enter(room):
            refused = member.hear()
            assert (refused["message"], refused["code"]) == ("Not allowed", "forbidden")
            assert member.hear_goodbye() == Goodbye(4403, "not allowed")
            assert member.heard == [refused]
            return
        if query:
            assert member.hear()["type"] in {"history", "recovery"}
        for call, (_, expected) in SOCKET.items():
            frame = me.say(member, room, call)
            assert frame["type"] == (expected if me.may(room, call) else "error"), call
            assert frame.get("code", "forbidden") == "forbidden"
        with Member(f"/ws/chat/{room}/", **me.options, subprotocols=["hubbub.v1"]) as other:
            other.say(type="presence")
            other.hear_until(type="presence")
            member.say(type="typing")
            assert other.hear_until(type="typing")["type"] == "typing"


def close_to(me: Somebody) -> None:
    """Take the room away, as it is done to this one."""
    if me.credential in INSIDE:
        member_remove(room="closed", user_id=me.key)
    elif me.credential in {"token", "jwt"}:
        user_ban(user_id=me.key, room="open")
    else:
        room_save(name="open", access="hidden")


@pytest.mark.parametrize("query", ["", "?history=10", "?since=0"])
@pytest.mark.parametrize("credential", [one for one in CREDENTIALS if one != "banned"])
def test_taken_away_meanwhile(credential, query):
    me = Somebody(credential)
    room = "closed" if credential in INSIDE else "open"
    with me.connect(room, query) as member:
        member.say(type="presence")
        member.hear_until(type="presence")
        assert me.call(room, "read")[0] == 200
        close_to(me)
        refused = member.hear_until(type="error")
        assert (refused["message"], refused["code"]) == ("Not allowed", "forbidden")
        assert member.hear_goodbye() == Goodbye(4403, "not allowed")
        assert member.heard[-1] == refused
    for name in HTTP:
        assert me.call(room, name)[0] in {401, 403}, name
    assert room not in me.rooms()
    with me.connect(room, query) as member:
        assert member.hear()["code"] == "forbidden"
        assert member.hear_goodbye() == Goodbye(4403, "not allowed")


@pytest.mark.parametrize("credential", SIGNED_IN)
def test_a_mute_takes_what_is_sent_and_nothing_else(credential):
    me = Somebody(credential)
    with me.connect("open") as member:
        member.say(type="presence")
        member.hear_until(type="presence")
        user_mute(user_id=me.key, room="open")
        for call in SOCKET:
            frame = me.say(member, "open", call)
            allowed = me.may("open", call) and call not in SENDING
            # The mute's answer may come before the mute: ask again until it is there.
            while call == "send" and frame["type"] == "ack":
                frame = me.say(member, "open", call)
            assert (frame["type"] != "error") is allowed, call
    for name in HTTP:
        allowed = me.may("open", name) and name not in SENDING
        assert (me.call("open", name)[0] == 200) is allowed, name
    assert Sanction.objects.filter(action="mute", user=str(me.key)).count() == 1
    assert Membership.objects.filter(user=str(me.key)).count() == 2 * (credential in INSIDE)
