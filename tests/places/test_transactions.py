"""`ATOMIC_REQUESTS`: our paths answer, and what a request publishes is told when it commits."""

import pytest
from django.test import AsyncRequestFactory

from tests.http.calls import call
from tests.places.projects import Project, hear, post, said

ATOMIC = """
DATABASES["default"]["ATOMIC_REQUESTS"] = True
DATABASES["other"] = {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "other.sqlite3"}
DATABASES["other"]["ATOMIC_REQUESTS"] = True
"""
VIEWS = """
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.http import HttpResponse, JsonResponse

from hubbub.chat import services


def by_service(room, text):
    services.post(room=room, message=text, username="view")


def by_layer(room, text):
    event = {"type": "chat_message", "message": text, "username": "view"}
    async_to_sync(get_channel_layer().group_send)(f"chat_{room}", event)


def publish(request, way, room, text):
    {"service": by_service, "layer": by_layer}[way](room, text)
    if text == "never":
        raise PermissionError
    return JsonResponse({"status": "success", "data": text})


def wrong(request, exception=None):
    return JsonResponse({"status": "error", "message": "wrong"}, status=500)


handler500 = wrong
urlpatterns += [path("publish/<way>/<room>/<text>/", publish)]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    settings = f'{ATOMIC}DEBUG = False\nALLOWED_HOSTS = ["127.0.0.1"]\n'
    project = Project(tmp_path_factory.mktemp("atomic"), settings=settings, urls=VIEWS)
    project.manage("migrate")
    with project.serve() as running:
        yield running


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/api/chat/rooms/", 200),
        ("/api/chat/den/messages/", 200),
        ("/api/counter/visits/", 200),
        ("/api/notifications/", 401),
        ("/api/openapi.json", 200),
        ("/api/auth/tokens/", 401),
        ("/api/nothing/", 404),
        ("/ws/counter/", 426),
    ],
)
def test_every_path_of_ours_answers(server, path, status):
    assert call(server.url + path).status == status


def test_every_path_of_ours_takes_what_it_stores(server):
    post(server, "den", "hello")
    assert call(f"{server.url}/api/counter/visits/", {"action": "increment"}).status == 200
    note = {"title": "T", "message": "m"}
    assert call(f"{server.url}/api/notifications/send/", note).status == 200


@pytest.mark.parametrize("way", ["service", "layer"])
def test_what_a_request_publishes_is_told_after_its_commit_or_never(server, way):
    with hear(server, f"/ws/chat/{way}/") as socket:
        assert call(f"{server.url}/publish/{way}/{way}/never/").status == 500
        assert call(f"{server.url}/publish/{way}/{way}/after/").status == 200
        assert said(socket)["message"] == "after"
    [row] = call(f"{server.url}/api/chat/{way}/messages/").data["messages"]
    assert row["message"] == "after"


def test_no_database_of_the_project_has_a_transaction_opened_around_our_paths():
    from django.db import connections
    from django.urls import URLResolver

    from hubbub.urls import urlpatterns

    def views(patterns):
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from views(pattern.url_patterns)
            else:
                yield pattern.callback

    found = list(views(urlpatterns))
    assert len(found) > 20
    for view in found:
        assert view._non_atomic_requests >= set(connections)


async def test_a_view_of_ours_that_a_project_wraps_is_called_too(monkeypatch):
    """As a decorator does that keeps what was said of the view."""
    from functools import wraps

    from django.core.handlers.base import BaseHandler
    from django.db import connections

    from hubbub.http.health import healthz

    @wraps(healthz)
    async def wrapped(request):
        return await healthz(request)

    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    view = BaseHandler().make_view_atomic(wrapped)
    assert (await view(AsyncRequestFactory().get("/healthz"))).status_code == 200
