"""Rooms as a kind of stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub import conf
from hubbub.chat.gate import gate
from hubbub.chat.messages import History, read_request
from hubbub.chat.models import Message
from hubbub.chat.services import KEYS, event_entries, published_room
from hubbub.chat.table import chat_table
from hubbub.streams.builtin import BuiltIn

if TYPE_CHECKING:
    from msgspec import Raw

    from hubbub.streams.gate import Gate


class Rooms(BuiltIn):
    """Who may is the setting `HUBBUB_CHAT_POLICY`'s to say, less what moderators took."""

    kind = "chat"
    path = "ws/chat/<name>/"
    event = Message
    table = chat_table
    consumer = "hubbub.chat.consumer.ChatConsumer"
    calls = "hubbub.chat.api.router"
    requires_user = "chat_requires_user"
    begins = "chat_begin"
    adds = True
    published = "chat_message"
    keys = KEYS
    read = staticmethod(read_request)
    entries = staticmethod(event_entries)
    name_in = staticmethod(published_room)

    @property
    def keeps(self) -> bool:
        """Whether what is said is stored."""
        return conf.current().chat_store

    def build_gate(self) -> Gate:
        """By the setting, and the sanctions."""
        return gate

    def history(self, events: list[Raw], seq: int, epoch: str, *, more: bool) -> History:
        """A page of messages, by that name."""
        return History(events, seq, epoch, more)


rooms = Rooms()
