"""One server for the tests of the notification socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubbub.journal.bells import bells
from hubbub.journal.process import writer
from tests.api_v1.serving import PROJECT, Server, serve
from tests.bus.ears import Places

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
    """What the process's bells tell: stream and seq."""
    heard = Places()
    end = bells.listen(heard)
    yield heard
    end()
