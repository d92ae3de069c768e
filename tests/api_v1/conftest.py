"""The servers that the published document is tried on, and names that no other test uses."""

from __future__ import annotations

import shutil
import subprocess
from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.api_v1.serving import KINDS, PROJECT, Server, serve
from tests.servers import measured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The document's command line tool; it brings `ws` along, the WebSocket of Node.
WSCAT = "wscat@6.1.0"
numbers = count(1)


@pytest.fixture(scope="session", params=KINDS)
def site(request, tmp_path_factory) -> Iterator[Server]:
    """The stand-alone site, on our own server and on Daphne."""
    folder = tmp_path_factory.mktemp("site")
    with serve(folder, kind=request.param, **measured()) as server:
        yield server


@pytest.fixture(scope="session", params=KINDS)
def project(request, tmp_path_factory) -> Iterator[Server]:
    """Somebody's Django project with our apps in it, on our own server and on Daphne."""
    folder = tmp_path_factory.mktemp("project")
    with serve(folder, kind=request.param, settings=PROJECT, **measured()) as server:
        yield server


@pytest.fixture
def room() -> str:
    """A room that nobody has been in."""
    return f"room-{next(numbers)}"


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory) -> Path:
    """A folder outside of the project with wscat in it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("there is no Node.js here")
    folder = tmp_path_factory.mktemp("node")
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        subprocess.run(
            [*install, "--prefix", folder, WSCAT], check=True, capture_output=True, timeout=120
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm could not install {WSCAT}: {error}")
    return folder / "node_modules"
