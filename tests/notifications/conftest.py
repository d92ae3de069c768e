"""One server for the tests of the notification socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api_v1.serving import PROJECT, Server, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[Server]:
    """The stand-alone site, where anyone may send over HTTP."""
    with serve(tmp_path_factory.mktemp("notifications")) as server:
        yield server


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Iterator[Server]:
    """Somebody's project, which has views that publish."""
    with serve(tmp_path_factory.mktemp("publishers"), settings=PROJECT) as server:
        yield server
