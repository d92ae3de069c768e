"""The servers that the published document is tried on, and names that no other test uses."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.api_v1.serving import KINDS, PROJECT, Server, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

numbers = count(1)


@pytest.fixture(scope="session", params=KINDS)
def site(request, tmp_path_factory) -> Iterator[Server]:
    """The stand-alone site, on our own server and on Daphne."""
    with serve(tmp_path_factory.mktemp("site"), kind=request.param) as server:
        yield server


@pytest.fixture(scope="session", params=KINDS)
def project(request, tmp_path_factory) -> Iterator[Server]:
    """Somebody's Django project with our apps in it, on our own server and on Daphne."""
    folder = tmp_path_factory.mktemp("project")
    with serve(folder, kind=request.param, settings=PROJECT) as server:
        yield server


@pytest.fixture
def room() -> str:
    """A room that nobody has been in."""
    return f"room-{next(numbers)}"
