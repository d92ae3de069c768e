"""A new project with the tests of the documents and some others: with each runner and database.

They run in any order, two at a time, and the test database is gone afterwards.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journal import postgresql
from tests.projects import new_project
from tests.servers import environment

DOCS = Path(__file__).parents[2] / "docs" / "testing.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", DOCS.read_text(), re.DOTALL)
FIELD = Path(__file__).with_name("field.py").read_text()
DEADLINE = 300

SETTINGS = """
import os
if os.environ.get("GIVEN"):
    import dj_database_url
    DATABASES["default"] = dj_database_url.parse(os.environ["GIVEN"], conn_max_age=600)
"""
RUNNERS = {
    "unittest": ["manage.py", "test", "--noinput", "--parallel", "2", "--shuffle"],
    "pytest": ["-m", "pytest", "-p", "randomly", "-n", "2", "--no-header"],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = new_project(tmp_path_factory.mktemp("tested"), settings=SETTINGS)
    for number, (language, text) in enumerate(BLOCKS):
        if language == "ini":
            (folder / "pytest.ini").write_text(text)
        elif language == "python":
            (folder / "project" / f"test_docs_{number}.py").write_text(text)
    (folder / "project" / "test_field.py").write_text(FIELD)
    return folder


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request):
    """The address of a PostgreSQL, or nothing."""
    if request.param == "sqlite":
        yield ""
    else:
        with postgresql.url() as server, postgresql.new_database(server) as url:
            yield url


@pytest.mark.parametrize("runner", RUNNERS)
def test_all_pass_together_in_any_order_and_the_database_is_dropped(project, database, runner):
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", *RUNNERS[runner]],
        cwd=project,
        env=environment({"GIVEN": database}),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert "being accessed" not in output
    assert "never awaited" not in output
    assert "was destroyed" not in output
    assert "Exception ignored" not in output
    if database:
        assert databases(database) == []


def databases(url: str) -> list[str]:
    """The test databases that are left."""
    import psycopg

    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test_%'")
        return [name for (name,) in rows]


def test_every_block_of_the_documents_is_one_of_those():
    assert {language for language, _ in BLOCKS} == {"python", "ini", "bash"}
    assert [text.strip() for language, text in BLOCKS if language == "bash"] == [
        "python manage.py test"
    ]
