"""HTTP API Endpoints, of the published document."""

import asyncio
import json
import re
import shutil
import subprocess
from functools import partial

import httpx
import pytest

from tests.api_v1.talk import talk

SEND = "/api/notifications/send/"
#: The cURL Example, as printed.
CURL = """
curl -X POST http://localhost:8000/api/notifications/send/ \\
  -H "Content-Type: application/json" \\
  -d '{
    "title": "Test",
    "message": "Hello!",
    "priority": "high"
  }'
"""


def test_response_of_success_is_as_printed(site):
    """Request Body; Response (Success)."""
    body = """
    {
        "title": "New Message",
        "message": "You have a new message",
        "priority": "normal"
    }
    """
    answer = httpx.post(
        site.http(SEND),
        content=body,
        headers={"Content-Type": "application/json"},
        trust_env=False,
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "success",
        "message": "Notification sent",
        "data": {
            "title": "New Message",
            "message": "You have a new message",
            "priority": "normal",
        },
    }


@pytest.mark.parametrize(
    "body", [{}, {"title": "T"}, {"message": "M"}, {"title": " ", "message": "M"}]
)
def test_response_of_error_is_as_printed(site, body):
    """Response (Error)."""
    answer = httpx.post(site.http(SEND), json=body, trust_env=False)
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": "Title and message are required"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
async def test_curl_example_works_as_printed(site):
    """cURL Example: run by a shell, with our port in the place of 8000."""
    async with talk(site.ws("/ws/notifications/")) as client:
        await client.hear()
        script = CURL.strip().replace("localhost:8000", f"localhost:{site.port}")
        script = script.replace("curl ", "curl --silent --noproxy '*' ", 1)
        run = partial(subprocess.run, capture_output=True, check=True, timeout=30)
        done = await asyncio.to_thread(run, ["sh", "-c", script])
        assert json.loads(done.stdout)["status"] == "success"
        frame = await client.hear()
        assert frame["title"] == "Test"
        assert frame["message"] == "Hello!"
        assert frame["priority"] == "high"


@pytest.fixture
def browser(site):
    """A browser that is signed in as ada and has opened the page."""
    with httpx.Client(base_url=site.http(""), trust_env=False) as client:
        name, _, value = site.people["ada"].cookie.partition("=")
        client.cookies.set(name, value)
        client.get("/").raise_for_status()
        yield client


async def test_javascript_example_works_for_a_signed_in_user(site, browser):
    """JavaScript Example: what fetch sends, `X-CSRFToken` from the cookie `csrftoken`."""
    async with talk(site.ws("/ws/notifications/")) as client:
        await client.hear()
        answer = browser.post(
            SEND,
            content=json.dumps(
                {"title": "New Alert", "message": "Important update!", "priority": "high"}
            ),
            headers={
                "Content-Type": "application/json",
                "X-CSRFToken": browser.cookies["csrftoken"],
            },
        )
        assert answer.json()["status"] == "success"
        assert (await client.hear())["title"] == "New Alert"


def test_signed_in_user_without_the_csrf_token_is_refused(browser):
    """JavaScript Example: the header is there for a reason."""
    answer = browser.post(SEND, json={"title": "New Alert", "message": "Important update!"})
    assert answer.status_code == 403
    assert answer.json()["status"] == "error"


def test_get_cookie_finds_the_csrf_token(browser):
    """JavaScript Example: `getCookie` can only read a cookie that scripts may see."""
    header = browser.get("/").headers["set-cookie"]
    assert re.search(r"csrftoken=\w+", header)
    assert "httponly" not in header.lower().split("csrftoken", 1)[1].split(", hubbub", 1)[0]
