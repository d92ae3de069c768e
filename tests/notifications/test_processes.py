"""What another process stores in the same database."""

import asyncio
import subprocess
import sys

import pytest

from tests.notifications.inbox import Inbox
from tests.servers import ROOT, START_SECONDS, environment

#: Seconds until it is heard, on a busy machine; a check that nothing woke takes 5.
SOON = 3

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


READ = """
import django
django.setup()
from hubbub.notifications import services
services.{what}
"""


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("everything", [True, False])
async def test_what_is_read_there_is_told_to_the_user_s_devices_alone(site, own, everything):
    ada, bob = Inbox(site, "ada"), Inbox(site, "bob")
    await asyncio.gather(ada.read_all(), bob.read_all())
    async with (
        ada.device(unread=1) as device,
        ada.device() as plain,
        bob.device(unread=1) as other,
    ):
        await ada.send_own("first")
        await (ada.send_own if own else ada.send)("second")
        number = (await device.hear_until(title="second"))["id"]
        user = f"user_id={ada.person.user_id}"
        what = f"read_all({user})" if everything else f"read({user}, number={number})"
        await asyncio.to_thread(run, site, READ.format(what=what))
        async with asyncio.timeout(SOON):
            frame = await device.hear()
        left = 0 if everything else 1
        assert (frame["type"], frame["count"]) == ("unread_count", left)
        assert (await ada.page())["unread"] == left
        await ada.send("marker")
        for one in (plain, other):
            heard = await one.hear_until(title="marker")
            assert "unread_count" not in [frame["type"] for frame in one.heard]
        assert own or other.unread == 2
        assert (await device.hear())["title"] == "marker"
        assert device.cursor == plain.cursor
        assert heard["type"] == "notification"
