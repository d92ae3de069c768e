"""A consumer as any project of Django Channels has them; nothing in it knows of Hubbub."""

from channels.generic.websocket import AsyncJsonWebsocketConsumer


class OrderConsumer(AsyncJsonWebsocketConsumer):
    """Tells a page which orders have left the house."""

    groups = ["orders"]

    async def receive_json(self, content):
        await self.send_json({"type": "echo", "content": content})

    async def order_shipped(self, event):
        await self.send_json({"type": "order_shipped", "number": event["number"]})
