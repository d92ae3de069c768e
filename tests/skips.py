"""The tests that may be left out where everything is there that they need, and why.

In CI (`CI=true`) any other test that is skipped fails.
"""

from __future__ import annotations

#: The beginning of the tests' names, and the reason.
ALLOWED = {
    "tests/benchmarks/test_generator.py::": "a C compiler is needed by those who measure alone",
    "tests/journal/test_postgresql.py::": "needs PostgreSQL: the run beside this one has it",
    "tests/bus/test_notices.py::": "PostgreSQL's own bell",
    "tests/bus/test_version.py::": "SQLite's own bell",
    "tests/journal/test_writer_failing.py::": "the disk of SQLite",
    "tests/journal/test_writer.py::test_while_the_database_is_read_only": "SQLite's own trouble",
    "tests/test_anew.py::test_a_child_speaks_to_postgresql": "the run beside this one has it",
    "tests/docs/test_backup_postgresql.py::": "needs PostgreSQL: the run beside this one has it",
    "tests/docs/test_deploy.py::test_caddy": "Caddy is no dependency: where it is there, it runs",
    "tests/places/test_pooler.py::": "pgbouncer is installed only where that may be done",
    "tests/api_v1/test_tools.py::": "wscat comes over the network, which may be away",
    "tests/api_v1/test_javascript.py::": "wscat comes over the network, which may be away",
}


def may_be_left_out(test: str) -> bool:
    """Whether a test may be skipped in CI."""
    return test.startswith(tuple(ALLOWED))
