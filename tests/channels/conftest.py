"""Somebody's project with consumers and views of its own, and no rate limit."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.api_v1.serving import PROJECT, Server, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

numbers = count(1)


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("channels")
    with serve(folder, settings=PROJECT, HUBBUB_RATE_LIMIT="off") as server:
        yield server


@pytest.fixture
def room() -> str:
    """A room that nobody has been in."""
    return f"channels-{next(numbers)}"
