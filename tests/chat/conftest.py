"""One server for the tests of chat, with no rate limit, and rooms that nobody has been in."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.api_v1.serving import Server, serve
from tests.chat.admin import signed_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx import Client

numbers = count(1)


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("chat"), HUBBUB_RATE_LIMIT="off") as server:
        yield server


@pytest.fixture(scope="session")
def strict_site(tmp_path_factory) -> Iterator[Server]:
    """A server that takes signed-in users only, and little of each."""
    variables = {
        "HUBBUB_RATE_LIMIT": "5/h",
        "HUBBUB_CHAT_REQUIRES_USER": "on",
        "HUBBUB_NOTIFICATIONS_REQUIRES_USER": "on",
        "HUBBUB_COUNTER_REQUIRES_USER": "on",
        "HUBBUB_MAX_CONNECTIONS_PER_USER": "2",
        "HUBBUB_MAX_MEMBERS": "3",
        "HUBBUB_ALLOWED_ORIGINS": "https://example.org",
    }
    with serve(tmp_path_factory.mktemp("strict"), **variables) as server:
        yield server


@pytest.fixture(scope="session")
def boss(site) -> Iterator[Client]:
    """A browser in which a superuser is signed in to the running site."""
    with signed_in(site) as browser:
        yield browser


@pytest.fixture
def people(site):
    return site.people


@pytest.fixture
def url(site) -> str:
    """The address of a fresh room."""
    return site.ws(f"/ws/chat/room-{next(numbers)}/")
