"""One server for the tests of the notification socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubbub.journal.process import bus, writer
from tests.api_v1.serving import PROJECT, Server, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[Server]:
    """The stand-alone site, where anyone may send over HTTP."""
    folder = tmp_path_factory.mktemp("notifications")
    with serve(folder, HUBBUB_RATE_LIMIT="off") as server:
        yield server


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Iterator[Server]:
    """Somebody's project, which has views that publish."""
    with serve(tmp_path_factory.mktemp("publishers"), settings=PROJECT) as server:
        yield server


@pytest.fixture
def writer_ends() -> Iterator[None]:
    """The journal's thread ends with the test, and its connection to the database too."""
    yield
    writer.stop()


@pytest.fixture
def told() -> Iterator[list[tuple[str, int]]]:
    """What the process's bus tells: stream and seq."""
    heard: list[tuple[str, int]] = []
    end = bus.subscribe(lambda events: heard.extend((one.stream, one.seq) for one in events))
    yield heard
    end()
