"""The Content-Security-Policy of the site's pages."""

import pytest
from django.http import HttpResponse, JsonResponse

from hubbub.site.policy import HEADER, content_security_policy, policy


@pytest.fixture
def request_of(rf, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    return rf.get("/", headers={"host": "localhost:8123"})


def test_a_page_gets_it(request_of):
    answer = content_security_policy(lambda _: HttpResponse("page"))(request_of)
    assert answer[HEADER] == policy("localhost:8123")


async def test_a_page_of_an_async_server_gets_it(request_of):
    async def view(_):
        return HttpResponse("page")

    answer = await content_security_policy(view)(request_of)
    assert answer[HEADER] == policy("localhost:8123")


def test_what_is_no_page_needs_none(request_of):
    assert HEADER not in content_security_policy(lambda _: JsonResponse({}))(request_of)


def test_a_page_with_its_own_keeps_it(request_of):
    own = HttpResponse("page", headers={HEADER: "default-src 'none'"})
    assert content_security_policy(lambda _: own)(request_of)[HEADER] == "default-src 'none'"


def test_the_answer_to_a_bad_host_is_left_alone(rf):
    bad = rf.get("/", headers={"host": "evil example"})
    answer = content_security_policy(lambda _: HttpResponse("bad", status=400))(bad)
    assert HEADER not in answer


def test_its_own_sockets_and_nothing_strange():
    assert "connect-src 'self' ws://a.example wss://a.example;" in policy("a.example")
    assert "unsafe" not in policy("a.example")
