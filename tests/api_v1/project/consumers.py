"""Consumers of the project's own: two as the published document prints them, two members."""

import json
from datetime import datetime

from asgiref.sync import async_to_sync
from channels.auth import get_user
from channels.generic.websocket import AsyncWebsocketConsumer, JsonWebsocketConsumer


class AuthenticatedConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.user = await get_user(self.scope)

        if self.user is None:
            # Reject connection if not authenticated
            await self.close()
        else:
            await self.accept()


class WhoAmI(AuthenticatedConsumer):
    """Answers everything with the name of the user whom the document's consumer found."""

    async def receive(self, text_data=None, bytes_data=None):
        await self.send(json.dumps({"username": self.user.get_username()}))


class RateLimitedConsumer(AsyncWebsocketConsumer):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.messages_count = 0
        self.last_reset = datetime.now()  # noqa: DTZ005 - as printed

    async def receive(self, text_data):
        now = datetime.now()  # noqa: DTZ005 - as printed

        # Reset counter every minute
        if (now - self.last_reset).seconds > 60:
            self.messages_count = 0
            self.last_reset = now

        # Check rate limit (max 100 messages per minute)
        if self.messages_count >= 100:
            await self.send(json.dumps({"type": "error", "message": "Rate limit exceeded"}))
            return

        self.messages_count += 1
        # Process message...
        await self.send(text_data)


class Member(AsyncWebsocketConsumer):
    """Joins one of the published groups; says on what it hears there, and sends what it is told."""

    async def connect(self):
        self.group = self.scope["url_route"]["kwargs"]["group"]
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self.send(json.dumps({"joined": self.group}))

    async def disconnect(self, close_code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):
        await self.channel_layer.group_send(self.group, json.loads(text_data))

    async def tell(self, event):
        await self.send(json.dumps({"event": event}))

    chat_message = send_notification = counter_update = custom_event = tell


class SyncJsonMember(JsonWebsocketConsumer):
    """The same with Channels' synchronous consumer, which lives in a thread."""

    def connect(self):
        self.groups.append(self.scope["url_route"]["kwargs"]["group"])
        async_to_sync(self.channel_layer.group_add)(self.groups[0], self.channel_name)
        self.accept()
        self.send_json({"joined": self.groups[0]})

    def receive_json(self, content):
        async_to_sync(self.channel_layer.group_send)(self.groups[0], content)

    def chat_message(self, event):
        self.send_json({"event": event})
