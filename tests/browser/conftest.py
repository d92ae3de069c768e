"""A real browser for the tests of the page; without one they are left out."""

import os
import shutil
import subprocess
import sys

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.browser.line import line_to
from tests.browser.people import PASSWORD
from tests.servers import environment, start_server

BROWSER = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOOP = """
import sys
for line in sys.stdin:
    exec(eval(line), {})
    print("done", flush=True)
"""
CREATE = """
from django.contrib.auth.models import User
User.objects.create_superuser("grace", password="{password}")
"""


def pytest_collection_modifyitems(items):
    if not BROWSER:
        for item in items:
            if "tests/browser/" in item.nodeid:
                item.add_marker(pytest.mark.skip(reason="there is no chromium"))


@pytest.fixture(scope="package")
def server():
    with start_server() as server:
        yield server


@pytest.fixture(scope="package")
def run(server):
    """Run code in another process of the server's site; there is one, since each takes 2 s."""
    with subprocess.Popen(
        [sys.executable, "-m", "hubbub", "manage", "shell", "--no-imports", "-c", LOOP],
        env=environment({"HUBBUB_DATA": str(server.data)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:

        def run(code):
            shell.stdin.write(f"{code!r}\n")
            shell.stdin.flush()
            assert shell.stdout.readline() == "done\n"

        yield run
        shell.stdin.close()


@pytest.fixture(scope="package")
def account(run):
    """Grace, who may do everything."""
    run(CREATE.format(password=PASSWORD))


@pytest.fixture
def line(server):
    """A line to the server that a test can break."""
    with line_to(server.port) as line:
        yield line


@pytest.fixture(scope="package")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def complaints():
    """What the browser's console said in all windows; a policy that was broken is among it."""
    return []


@pytest.fixture
def window(browser, server, complaints):
    """Open a window, a person's own: `window(path="/", **options)`."""
    contexts = []

    def open_window(path="/", url=None, **options) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((url or server.url) + path)
        return page

    yield open_window
    for context in contexts:
        context.close()
