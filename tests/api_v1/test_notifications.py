"""Section 2, Notification Consumer, of the published document."""

from datetime import datetime

import httpx
import pytest

from tests.api_v1.talk import talk


async def send(site, **keys):
    body = {"title": "New Message", "message": "You have a new message from John"} | keys
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(site.http("/api/notifications/send/"), json=body)
    assert answer.status_code == 200, answer.text


async def test_connection_initialization_says_connected(site):
    """Connection Initialization; Connection Status."""
    async with talk(site.ws("/ws/notifications/")) as client:
        status = await client.hear()
        assert status["type"] == "connection_status"
        assert status["status"] == "connected"
        assert status["message"] == "Successfully connected to notifications"
        assert datetime.fromisoformat(status["timestamp"])


async def test_notification_reaches_everyone_who_is_connected(site):
    """Notification."""
    async with (
        talk(site.ws("/ws/notifications/")) as one,
        talk(site.ws("/ws/notifications/")) as two,
    ):
        for client in (one, two):
            await client.hear_until(type="connection_status")
        await send(site, priority="normal")
        for client in (one, two):
            frame = await client.hear()
            assert frame["type"] == "notification"
            assert frame["title"] == "New Message"
            assert frame["message"] == "You have a new message from John"
            assert frame["priority"] == "normal"
            assert datetime.fromisoformat(frame["timestamp"])


@pytest.mark.parametrize("priority", ["low", "normal", "high"])
async def test_each_priority_level_arrives_as_it_was_sent(site, priority):
    """Priority Levels."""
    async with talk(site.ws("/ws/notifications/")) as client:
        await client.hear()
        await send(site, priority=priority)
        assert (await client.hear())["priority"] == priority


async def test_priority_is_normal_by_default(site):
    """Priority Levels: `normal` is the default."""
    async with talk(site.ws("/ws/notifications/")) as client:
        await client.hear()
        await send(site)
        assert (await client.hear())["priority"] == "normal"
