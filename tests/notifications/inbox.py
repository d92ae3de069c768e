"""A user's devices: sockets that follow the inbox, and calls over HTTP."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx

from tests.api_v1.talk import Frame, Talk, talk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.api_v1.serving import Server


SEND_MANY = """
from django.db import transaction
from hubbub.notifications.services import send
with transaction.atomic():
    for _ in range({number}):
        send(title="{title}", message="M", user_id={who})
"""
READ_EACH = """
from django.db import transaction
from hubbub.notifications.selectors import inbox_page
from hubbub.notifications.services import read
with transaction.atomic():
    for one in inbox_page(inbox="{who}", limit=1000, unread=True).notifications:
        read(user_id={who}, number=one.id)
"""


class Inbox:
    """What one user sends, reads and lists over HTTP; without a name, what anybody may."""

    def __init__(self, site: Server, name: str = "") -> None:
        self.site = site
        self.person = site.people[name] if name else None
        headers = {"Authorization": f"Bearer {self.person.token}"} if self.person else {}
        self.http = httpx.AsyncClient(trust_env=False, headers=headers)

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        url = self.site.http(f"/api/notifications/{path}")
        return await self.http.request(method, url, **options)

    async def send(self, title: str = "T", **keys: Any) -> None:
        body = {"title": title, "message": "M"} | keys
        (await self.call("POST", "send/", json=body)).raise_for_status()

    async def send_own(self, title: str = "T", **keys: Any) -> None:
        assert self.person is not None
        await self.send(title, user_id=self.person.user_id, **keys)

    def send_many(self, number: int, title: str = "T") -> None:
        """As many in one transaction of another process: to the user, or to everyone."""
        who = self.person.user_id if self.person else None
        self.site.run(SEND_MANY.format(number=number, title=title, who=who))

    def read_each(self) -> None:
        """Read what is unread one by one, in a transaction of another process."""
        assert self.person is not None
        self.site.run(READ_EACH.format(who=self.person.user_id))

    async def read(self, number: int) -> int:
        answer = await self.call("POST", f"{number}/read/")
        return answer.raise_for_status().json()["data"]["unread"]

    async def read_all(self) -> int:
        answer = await self.call("POST", "read-all/")
        return answer.raise_for_status().json()["data"]["unread"]

    async def page(self, **query: Any) -> dict[str, Any]:
        answer = await self.call("GET", "", params=query)
        return answer.raise_for_status().json()["data"]

    def url(self, **query: Any) -> str:
        parameters = f"?{urlencode(query)}" if query else ""
        return self.site.ws(f"/ws/notifications/{parameters}")

    @asynccontextmanager
    async def device(self, **query: Any) -> AsyncIterator[Device]:
        """A connection; extended, where it asks for something in its path."""
        bearer = self.person.token if self.person else ""
        async with talk(self.url(**query), bearer=bearer) as client:
            yield Device(client, await client.hear())


class Device:
    """A connection, and what a client that follows the rules knows by it."""

    def __init__(self, client: Talk, status: Frame) -> None:
        assert status["type"] == "connection_status"
        self.client = client
        self.status = status
        self.cursor: str = status["cursor"]
        self.unread: int = status.get("unread", 0)
        self.ids: list[int] = []
        self.heard: list[Frame] = []

    async def say(self, **keys: Any) -> None:
        await self.client.say(**keys)

    async def hear(self) -> Frame:
        """The next frame, with what it means."""
        frame = await self.client.hear()
        self.heard.append(frame)
        self.cursor = frame.get("cursor", self.cursor)
        if frame["type"] == "notification":
            self.ids.append(frame["id"])
            # One that says whether it was read is a replay: the first frame counted it.
            self.unread += "read" not in frame
        elif frame["type"] == "unread_count":
            self.unread = frame["count"]
        return frame

    async def hear_until(self, **keys: Any) -> Frame:
        while True:
            frame = await self.hear()
            if frame | keys == frame:
                return frame

    async def hear_titles(self, number: int) -> list[str]:
        """The titles of as many notifications, which come in a row."""
        return [(await self.hear())["title"] for _ in range(number)]
