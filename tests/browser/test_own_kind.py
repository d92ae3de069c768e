"""A project's own kind in a browser: the page of an order, as the example has it."""

import shutil
import sys

import pytest
from playwright.sync_api import expect

from tests.examples.test_project import EXAMPLE, manage
from tests.servers import free_port, start_process

STAFF = """
from customers.models import Customer
from django.test import Client
client = Client()
client.force_login(Customer.objects.create_user("grace@example.org", is_staff=True))
print(client.cookies["sessionid"].value)
"""
PUBLISH = """
from hubbub import streams
from orders.models import Step
streams.publish("order", {}, Step(status="shipped"))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example") / "project"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3*"))
    manage(folder, "migrate", "--verbosity", "0")
    return folder


def serve(project, port):
    command = [sys.executable, "-m", "hubbub", "serve", "--port", str(port)]
    return start_process(command, port, cwd=project)


def steps(page, *wanted):
    expect(page.locator("#steps li")).to_have_text(list(wanted), timeout=20_000)


def test_the_customer_sees_what_staff_does_also_what_was_missed(project, window, complaints):
    number, token = manage(project, "order", "ada@example.org").split()
    session = manage(project, "shell", "--no-imports", "-c", STAFF).strip()
    port = free_port()
    with serve(project, port) as server:
        path = f"/orders/{number}/"
        ada = window(f"{path}#{token}", url=server.url)
        grace = window(path, url=server.url)
        expect(grace.locator("#state")).to_have_text("Not your order")
        grace.context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
        grace.reload()
        expect(grace.locator("#state")).to_have_text("Live")
        grace.get_by_role("button", name="packed").click()
        steps(ada, "packed")
        steps(grace, "packed")
        ada.get_by_role("button", name="shipped").click()
        expect(ada.locator("#state")).to_have_text("Not allowed")
        ada.reload()
        steps(ada, "packed")
    expect(ada.locator("#state")).to_have_text("Reconnecting…")
    code = PUBLISH.format(number)
    manage(project, "shell", "--no-imports", "-c", code)
    with serve(project, port):
        for page in (ada, grace):
            steps(page, "packed", "shipped")
            expect(page.locator("#state")).to_have_text("Live")
    unforeseen = [text for text in complaints if "WebSocket" not in text and "404" not in text]
    assert unforeseen == []
