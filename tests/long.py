"""The tests that take long together: browsers, fresh projects, other servers, other databases.

`make test` leaves them out, and so takes five minutes; `make test-all` and CI run everything.
"""

from __future__ import annotations

import os

#: Folders and files, as their tests' names begin.
LONG = (
    "tests/accounts/test_people.py",
    "tests/asgi_servers/",
    "tests/browser/",
    "tests/crash/test_postgresql.py",
    "tests/crash/test_publishers.py",
    "tests/crash/test_troubles.py",
    "tests/docs/test_backup",
    "tests/docs/test_container.py",
    "tests/docs/test_readme.py",
    "tests/docs/test_your_project.py",
    "tests/examples/",
    "tests/places/test_connections.py",
    "tests/places/test_databases.py",
    "tests/places/test_middleware.py",
    "tests/places/test_pooler.py",
    "tests/test_neighbours.py",
    "tests/test_reloading.py",
    "tests/test_serving_a_project.py",
    "tests/testing/test_projects.py",
)
#: Whether this run is one of all tests.
ALL = "1" in (os.environ.get("ALL", ""), os.environ.get("CI", "").lower().replace("true", "1"))
MARKS = "not slow" if ALL else "not slow and not long"


def is_long(name: str) -> bool:
    """Whether a test is one of them."""
    return name.startswith(LONG)
