"""The page under a path of its own, by a proxy that takes the prefix away, or keeps it."""

import sys

import pytest
from playwright.sync_api import expect

from tests.browser.people import enter, say
from tests.servers import free_port, start_process, start_server


@pytest.fixture(scope="module", params=["ours", "told nothing"])
def rooted(request):
    if request.param == "ours":
        with start_server("--root-path", "/app") as server:
            yield server
        return
    with start_server("--root-path", "/app") as server:
        server.stop()
        port, env = free_port(), {"HUBBUB_ROOT_PATH": "/app", "HUBBUB_DATA": str(server.data)}
        command = [sys.executable, "-m", "uvicorn", "--port", str(port), "hubbub.asgi:application"]
        with start_process(command, port, env=env) as other:
            yield other


def test_two_people_talk_and_nothing_is_missing(rooted, window, complaints):
    ada, bob = (window("/app/", url=rooted.url) for _ in range(2))
    enter(ada, "talk", "ada")
    enter(bob, "talk", "bob")
    say(ada, "Hello from ada")
    expect(bob.locator(".messages li", has_text="Hello from ada")).to_be_visible()
    ada.goto(f"{rooted.url}/app/login/")
    assert complaints == []
