"""The JavaScript of the published document, run unchanged by Node with `ws` as the WebSocket."""

import os
import re
import subprocess

import httpx
import pytest

from tests.api_v1.serving import ROOT


@pytest.fixture(scope="module")
def printed(site, node_modules, tmp_path_factory):
    """What the document's scripts print against a server."""
    text = (ROOT / "tests/api_v1/snippets.js").read_text().replace(":8000", f":{site.port}")
    script = tmp_path_factory.mktemp("snippets") / "snippets.js"
    script.write_text(text)
    ada = site.people["ada"]
    csrf = httpx.get(site.http("/"), trust_env=False).cookies["csrftoken"]
    variables = {
        "NODE_PATH": str(node_modules),
        "TOKEN": ada.token,
        "CSRF": csrf,
        "COOKIE": f"{ada.cookie}; csrftoken={csrf}",
    }
    done = subprocess.run(
        ["node", script],
        env=os.environ | variables,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_chat_script_prints_the_message_that_it_sent(printed):
    """Section 1, JavaScript Implementation."""
    assert "John: Hello!\n" in printed


def test_notification_script_shows_what_the_http_example_sent(printed):
    """Section 2, JavaScript Implementation; Send Notification (HTTP), JavaScript Example."""
    assert "⚠️ New Alert: Important update!\n" in printed
    assert "message: 'Notification sent'" in printed


def test_counter_script_displays_every_step(printed):
    """Section 3, JavaScript Implementation."""
    assert re.findall(r"counter shows (\d+)", printed) == ["0", "0", "1", "2", "1"]


def test_token_script_speaks_as_its_user(printed):
    """Authentication, Using Token Authentication."""
    assert "signed in as ada\n" in printed


def test_error_handling_script_sees_a_clean_close(printed):
    """Error Handling Example."""
    assert "Connection closed normally\n" in printed
