"""What a member hears when a message is deleted in the admin."""

import re
import subprocess
import sys

import httpx
import pytest
from websockets.typing import Subprotocol

from tests.api_v1.talk import talk
from tests.http.calls import call
from tests.servers import ROOT, environment


@pytest.fixture(scope="module")
def boss(site):
    """A browser in which a superuser is signed in to the running site."""
    subprocess.run(
        [sys.executable, "-m", "hubbub", "manage", "createsuperuser", "--noinput"],
        cwd=ROOT,
        env=environment(
            site.env
            | {
                "DJANGO_SUPERUSER_USERNAME": "boss",
                "DJANGO_SUPERUSER_EMAIL": "boss@example.org",
                "DJANGO_SUPERUSER_PASSWORD": "correct horse",
            }
        ),
        check=True,
        timeout=60,
    )
    with httpx.Client(base_url=site.http(""), follow_redirects=True, trust_env=False) as browser:
        browser.get("/admin/login/")
        send(browser, "/admin/login/", username="boss", password="correct horse")
        yield browser


def send(browser, path, **form):
    """Post a form of the admin."""
    form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
    answer = browser.post(path, data=form, headers={"Referer": str(browser.base_url)})
    assert answer.status_code == 200


async def test_members_see_it_who_know_of_deletions(site, boss, url):
    room = url.rstrip("/").rpartition("/")[2]
    extended = {"subprotocols": [Subprotocol("hubbub.v1")]}
    async with talk(url, **extended) as member, talk(url) as v1:
        await v1.say_chat("regretted")
        said = await member.hear_until(type="chat_message")
        page = boss.get(f"/admin/hubbub_chat/message/?q={room}").text
        (key,) = set(re.findall(r"/admin/hubbub_chat/message/(\d+)/change/", page))
        send(boss, f"/admin/hubbub_chat/message/{key}/delete/", post="yes")
        gone = await member.hear()
        assert gone | {"timestamp": ""} == {
            "type": "message_deleted",
            "deleted": said["seq"],
            "seq": 2,
            "timestamp": "",
        }
        await v1.say_chat("next")
        await v1.hear_until(message="next")
        assert "message_deleted" not in {frame["type"] for frame in v1.heard}
    (gone, _) = call(site.http(f"/api/chat/{room}/messages/")).data["messages"]
    assert (gone["message"], gone["deleted"]) == ("", True)
