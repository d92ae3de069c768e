import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.test import AsyncClient, Client


@pytest.fixture(autouse=True)
def urlconf(settings):
    settings.ROOT_URLCONF = "tests.http.urls"


@pytest.fixture
def ada(transactional_db: None) -> User:
    return get_user_model().objects.create_user("ada", password="lovelace")


@pytest.fixture(params=["asgi", "wsgi"])
def call(request):
    """Send a request through Django's ASGI or WSGI handler, CSRF checks on."""
    if request.param == "wsgi":
        return Client(enforce_csrf_checks=True, raise_request_exception=False).generic
    client = AsyncClient(enforce_csrf_checks=True, raise_request_exception=False)

    async def send(*args, **kwargs):
        return await client.generic(*args, **kwargs)

    return async_to_sync(send)
