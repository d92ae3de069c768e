"""What another process stores in the same database."""

import asyncio
import subprocess
import sys

import pytest

from tests.notifications.inbox import Inbox
from tests.servers import ROOT, START_SECONDS, environment

SEND = """
import django
django.setup()
from hubbub.notifications import services
services.send(title="from a shell", message="M", {to})
"""


def run(site, code):
    """Run code as `manage.py shell` does, beside the server."""
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(site.env),
        check=True,
        timeout=START_SECONDS,
    )


@pytest.mark.parametrize("own", [True, False])
async def test_it_reaches_who_is_connected_and_who_comes_later(site, own):
    ada = Inbox(site, "ada")
    await ada.read_all()
    to = f"user_id={ada.person.user_id}" if own else ""
    async with ada.device() as device:
        await asyncio.to_thread(run, site, SEND.format(to=to))
        assert await device.hear_titles(1) == ["from a shell"]
    async with ada.device(unread=1) as later:
        assert await later.hear_titles(1) == ["from a shell"]
        assert later.cursor == device.cursor
