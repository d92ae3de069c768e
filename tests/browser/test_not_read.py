"""A room that one may enter, and whose history one may not read: what is new is shown."""

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import expect

from hubbub.streams.permissions import Policy
from tests.browser.people import all_stored, enter, live, said, say
from tests.crash.site import site
from tests.servers import environment

MEANWHILE = "from hubbub.chat.services import post; post(room='talk', message='four')"


class NewsAlone(Policy):
    """For the server: nobody reads, unless there is a file."""

    def may_read(self, caller, name):
        return Path(os.environ["HUBBUB_DATA"], "read.txt").exists()


def start_again(server, *pages):
    """Have something be said while nobody is there."""
    server.kill()
    for page in pages:
        expect(page.locator("#chat .link")).to_have_text("Reconnecting…")
    words = [sys.executable, "-m", "hubbub", "manage", "shell", "--no-imports", "-c", MEANWHILE]
    subprocess.run(words, env=environment(server.env), check=True, timeout=60)
    server.start()
    for page in pages:
        expect(page.locator("#chat .link")).to_have_text("Live", timeout=20_000)


def test_what_is_said_while_one_is_there_is_seen_also_after_a_lost_connection(window, tmp_path):
    with site(tmp_path, HUBBUB_CHAT_POLICY=f"{__name__}.NewsAlone") as server:
        url = f"http://127.0.0.1:{server.port}"
        ada = window("/#talk", url=url)
        enter(ada, "talk", "ada")
        for word in ("one", "two"):
            say(ada, word)
        all_stored(ada)
        bob = window("/#talk", url=url)
        live(bob, "chat")
        expect(bob.locator("#chat .trouble")).to_have_text("Not allowed.")
        say(ada, "three")
        expect(bob.locator(".messages")).to_contain_text("three")
        start_again(server, ada, bob)
        say(ada, "five")
        for page in (ada, bob):
            expect(page.locator(".messages")).to_contain_text("five")
        all_stored(ada)
        assert said(ada) == ["one", "two", "three", "five"]
        assert said(bob) == ["three", "five"]


def test_what_one_may_read_again_is_all_there(window, tmp_path):
    allowed = tmp_path / "read.txt"
    with site(tmp_path, HUBBUB_CHAT_POLICY=f"{__name__}.NewsAlone") as server:
        allowed.touch()
        ada = window("/#talk", url=f"http://127.0.0.1:{server.port}")
        enter(ada, "talk", "ada")
        say(ada, "one")
        all_stored(ada)
        allowed.unlink()
        start_again(server, ada)
        expect(ada.locator("#chat .trouble")).to_have_text("Not allowed.")
        allowed.touch()
        start_again(server, ada)
        assert said(ada) == ["one", "four", "four"]
