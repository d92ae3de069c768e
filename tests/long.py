"""The tests that take long together: kills, fuzzers, browsers, commands, projects, other servers.

`make test` leaves them out, and so takes five minutes; `make test-all` and CI run everything.
"""

from __future__ import annotations

import os

#: Folders and files, as their tests' names begin.
LONG = (
    "tests/accounts/test_people.py",
    "tests/asgi_servers/",
    "tests/browser/",
    "tests/chaos/",
    "tests/chat/test_consistency.py",
    "tests/chat/test_endings.py",
    "tests/chat/test_matrix.py",
    "tests/chat/test_members.py",
    "tests/chat/test_not_stored_calls.py",
    "tests/chat/test_sanctions.py",
    "tests/crash/",
    "tests/docs/test_backup",
    "tests/docs/test_container.py",
    "tests/docs/test_readme.py",
    "tests/docs/test_trouble.py",
    "tests/docs/test_your_own_stream.py",
    "tests/docs/test_your_project.py",
    "tests/examples/",
    "tests/http/test_schema.py",
    "tests/notifications/test_consistency.py",
    "tests/notifications/test_processes.py",
    "tests/observe/test_handler.py",
    "tests/observe/test_refusals.py",
    "tests/places/test_connections.py",
    "tests/places/test_databases.py",
    "tests/places/test_middleware.py",
    "tests/places/test_pooler.py",
    "tests/server/test_any_bytes.py",
    "tests/server/test_any_requests.py",
    "tests/server/test_http_pace.py",
    "tests/server/test_lateness.py",
    "tests/simulation/test_mutants.py",
    "tests/streams/test_keeps_nothing.py",
    "tests/streams/test_matrix.py",
    "tests/streams/test_one_socket_any_order.py",
    "tests/streams/test_taken_amid.py",
    "tests/test_cli.py",
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
