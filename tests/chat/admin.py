"""The admin of a running site, as a superuser uses it in a browser."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from tests.servers import ROOT, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api_v1.serving import Server

LIST = "/admin/hubbub_chat/message/"


@contextmanager
def signed_in(site: Server) -> Iterator[httpx.Client]:
    """A browser in which a new superuser is signed in."""
    account = {
        "DJANGO_SUPERUSER_USERNAME": "boss",
        "DJANGO_SUPERUSER_EMAIL": "boss@example.org",
        "DJANGO_SUPERUSER_PASSWORD": "correct horse",
    }
    subprocess.run(
        [sys.executable, "-m", "hubbub", "manage", "createsuperuser", "--noinput"],
        cwd=ROOT,
        env=environment(site.env | account),
        check=True,
        timeout=60,
    )
    with httpx.Client(base_url=site.http(""), follow_redirects=True, trust_env=False) as browser:
        browser.get("/admin/login/")
        send(browser, "/admin/login/", username="boss", password="correct horse")
        yield browser


def send(browser: httpx.Client, path: str, **form: object) -> None:
    """Post a form of the admin."""
    form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
    answer = browser.post(path, data=form, headers={"Referer": str(browser.base_url)})
    assert answer.status_code == 200


def message_keys(browser: httpx.Client, room: str) -> list[str]:
    """The keys of a room's newest messages."""
    page = browser.get(LIST, params={"q": room}).text
    return sorted(set(re.findall(rf"{LIST}(\d+)/change/", page)))


def delete_messages(browser: httpx.Client, keys: list[str]) -> None:
    """Choose messages in the list and delete them."""
    send(browser, LIST, action="delete_selected", _selected_action=keys, post="yes")
