"""Python Implementation, of sections 1 to 3 of the published document: its calls, as printed."""

from datetime import datetime, timedelta

import httpx
import pytest

from tests.api_v1.talk import talk

BLOCKING = ["sync", "thread"]


async def publish(project, way, *body):
    """Have a view of the project publish."""
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(project.http(f"/publish/{way}/"), json=body)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("way", BLOCKING)
async def test_send_chat_message_reaches_the_room(project, room, way):
    """Section 1: `async_to_sync(channel_layer.group_send)(f'chat_{room_name}', ...)`."""
    async with talk(project.ws(f"/ws/chat/{room}/")) as client:
        await publish(project, way, "chat", {"room_name": room, "message": "Maintenance at noon"})
        frame = await client.hear()
        assert frame["type"] == "chat_message"
        assert frame["message"] == "Maintenance at noon"
        assert frame["username"] == "System"
        told = datetime.fromisoformat(frame["timestamp"])
        assert told.tzinfo is None, "a publisher's own timestamp is passed on as it is"


async def test_chat_message_of_an_async_view_reaches_the_room(project, room):
    """Section 1: the same event, awaited."""
    event = {
        "type": "chat_message",
        "message": "from async",
        "username": "System",
        "timestamp": "2025-01-27T12:30:45.123456",
    }
    async with talk(project.ws(f"/ws/chat/{room}/")) as client:
        await publish(project, "async", f"chat_{room}", event)
        frame = await client.hear()
        assert frame | event == frame
        assert frame["seq"] == 1


@pytest.mark.parametrize("way", BLOCKING)
async def test_send_user_notification_reaches_that_user_and_nobody_else(project, way):
    """Section 2: `async_to_sync(channel_layer.group_send)(f'notifications_{user_id}', ...)`."""
    ada, bob = project.people["ada"], project.people["bob"]
    url = project.ws("/ws/notifications/")
    order = {"title": "New Order", "message": "Order #456 has been received", "priority": "high"}
    async with (
        talk(url, bearer=ada.token) as by_token,
        talk(url, cookie=ada.cookie) as by_session,
        talk(url, bearer=bob.token) as other,
    ):
        for client in (by_token, by_session, other):
            await client.hear_until(type="connection_status")
        await publish(project, way, "notification", {"user_id": ada.user_id, **order})
        for client in (by_token, by_session):
            frame = await client.hear()
            assert frame | order | {"type": "notification"} == frame
        await publish(
            project, way, "notification", {"user_id": bob.user_id, **order, "title": "For bob"}
        )
        assert (await other.hear())["title"] == "For bob"


async def test_notification_of_an_async_view_is_of_normal_priority_by_default(project):
    """Section 2: the same event, awaited, without the keys that have a default."""
    ada = project.people["ada"]
    async with talk(project.ws("/ws/notifications/"), bearer=ada.token) as client:
        await client.hear_until(type="connection_status")
        event = {"type": "send_notification", "title": "T", "message": "M"}
        await publish(project, "async", f"notifications_{ada.user_id}", event)
        frame = await client.hear()
        assert frame["priority"] == "normal"
        assert datetime.fromisoformat(frame["timestamp"]).utcoffset() == timedelta()


@pytest.mark.parametrize("way", BLOCKING)
async def test_broadcast_counter_update_changes_the_counter_for_all(project, way):
    """Section 3: `async_to_sync(channel_layer.group_send)('global_counter', ...)`."""
    async with talk(project.ws("/ws/counter/")) as client:
        before = (await client.hear())["counter"]
        await publish(project, way, "counter", {"action": "increment", "value": 4})
        frame = await client.hear_until(type="counter_update")
        assert (frame["action"], frame["value"]) == ("increment", 4)
        assert frame["counter"] == before + 4
        async with talk(project.ws("/ws/counter/")) as late:
            assert (await late.hear())["counter"] == before + 4


async def test_counter_update_of_an_async_view_changes_the_counter(project):
    """Section 3: the same event, awaited."""
    async with talk(project.ws("/ws/counter/")) as client:
        await client.hear()
        event = {"type": "counter_update", "action": "reset", "value": 0}
        await publish(project, "async", "global_counter", event)
        assert (await client.hear_until(action="reset"))["counter"] == 0


async def test_what_publishers_and_clients_say_is_numbered_in_one_order(project, room):
    """Sections 1 and 3: a publisher's event goes through the same door as a client's."""
    async with talk(project.ws(f"/ws/chat/{room}/")) as client:
        await client.say_chat("from a client")
        assert (await client.hear())["seq"] == 1
        await publish(project, "sync", "chat", {"room_name": room, "message": "from a view"})
        assert (await client.hear())["seq"] == 2
