"""One server for the tests of counters, with no rate limit, and counters that nobody has used."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.api_v1.serving import PROJECT, Server, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

numbers = count(1)


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[Server]:
    """Somebody's project, which has views that publish."""
    folder = tmp_path_factory.mktemp("counter")
    with serve(folder, settings=PROJECT, HUBBUB_RATE_LIMIT="off") as server:
        yield server


@pytest.fixture
def name() -> str:
    return f"counter-{next(numbers)}"


@pytest.fixture
def url(site, name) -> str:
    """The address of a fresh counter."""
    return site.ws(f"/ws/counter/{name}/")
