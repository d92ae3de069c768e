"""`docs/architecture.md`: the files and tests that it names are there, and no room is left out."""

import ast
import re

import pytest

from tests.docs.trouble import SOURCE
from tests.servers import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()
PICTURE = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)[0]
ROOMS = PAGE.partition("| room |")[2].partition("\n\n")[0]
PROMISES = re.findall(r"^\| (\d)\. (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
COSTS = PAGE.partition("| a change |")[2]
#: What stands in backticks and is a path; in the picture, without them.
PATHS = set(re.findall(r"`([\w.]+/[\w./]*|[\w./]+\.(?:py|toml|md|js))`", PAGE))
PATHS |= set(re.findall(r"\b[a-z_]+/(?:[a-z_]+\.py)?", PICTURE))


@pytest.mark.parametrize("path", sorted(PATHS))
def test_each_file_and_folder_is_there(path):
    """A name alone is that of a file in each of several rooms."""
    several = "/" not in path and any(SOURCE.rglob(path))
    assert several or any((folder / path).exists() for folder in (SOURCE, ROOT))


def test_each_file_that_the_source_names_is_there():
    """A `manage.py` is a project's."""
    here = {path.name for path in SOURCE.rglob("*.*")} | {"manage.py"}
    for path in SOURCE.rglob("*.py"):
        for named in re.findall(r"`((?:\w+/)*\w+\.(?:py|js))`", path.read_text()):
            known = any((at / named).exists() for at in (SOURCE, SOURCE.parent))
            assert known or named in here, f"{path} names {named}"


def test_each_room_of_the_source_is_in_the_table():
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert rooms - set(re.findall(r"`(\w+)/`", ROOMS)) == set()


def test_the_six_promises_are_there():
    assert [number for number, _, _ in PROMISES] == list("123456")


@pytest.mark.parametrize("shown_by", [row[2] for row in PROMISES], ids=[row[0] for row in PROMISES])
def test_each_promise_has_its_tests(shown_by):
    named = re.findall(r"\(\.\./(tests/[\w/]+\.py)\) `(\w+)`", shown_by)
    assert len(named) == shown_by.count("`test_") > 0
    for path, test in named:
        assert test in functions_of(path)


def functions_of(path):
    """The names of a file's functions, those of its classes too."""
    nodes = ast.walk(ast.parse((ROOT / path).read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_change_names_what_it_touches():
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", COSTS, re.MULTILINE)
    assert len(rows) > 10
    assert [
        change for change, touched in rows if "`" not in touched and "nothing" not in touched
    ] == ["---"]
