from django.http import HttpResponse, HttpResponseNotAllowed
from django.test import RequestFactory
from django.urls import path

from hubbub.http.guard import guard, guard_pattern

request = RequestFactory().get("/api/x/")


def test_an_answer_that_is_well_passes_as_it_is():
    answer = HttpResponse("fine")
    assert guard(lambda _: answer)(request) is answer


async def test_an_async_view_stays_async():
    async def view(_):
        return HttpResponseNotAllowed(["POST", "GET"])

    response = await guard(view)(request)
    assert response.status_code == 405
    assert response["Allow"] == "GET, POST"


async def test_what_a_view_raises_is_answered():
    def fail(_):
        raise ZeroDivisionError

    async def fail_later(_):
        raise ZeroDivisionError

    assert guard(fail)(request).status_code == 500
    assert (await guard(fail_later)(request)).status_code == 500


def test_djangos_csrf_page_is_kept_away():
    assert guard(lambda _: HttpResponse()).csrf_exempt is True


def test_a_nested_urlconf_is_left_alone():
    nested = path("x/", ([], "app", "name"))
    assert guard_pattern(nested) is nested
