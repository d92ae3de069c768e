"""`docs/logs.md` has a row for each event of the catalogue, and none for what is no event."""

import ast
import logging
import re
from pathlib import Path

import pytest

from hubbub.observe import events
from hubbub.observe.events import COMMON, EVENTS, Event

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "logs.md").read_text().splitlines()
    if line.startswith("| `")
]
#: Every attribute that a record has by itself: one of the same name cannot be added.
TAKEN = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"}

SOURCE = [path for path in (ROOT / "src").rglob("*.py") if path.name != "events.py"]
TESTS = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
NAME = re.compile("[A-Z_]{4,}")
#: What logs an event that it is given.
REPORTING = {"report", "report_refusal", "self._note", "self._report"}


def calls():
    """Every call of the source that logs an event by its constant: file, call, constant."""
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in REPORTING:
                yield from ((path.name, node, name) for name in names(node) if name.isupper())


def names(call):
    """The names among what a call is given by its place."""
    return [
        node.id for place in call.args for node in ast.walk(place) if isinstance(node, ast.Name)
    ]


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_each_event_has_its_row(event):
    row = [f"`{event.name}`", logging.getLevelName(event.level), f"`{event.logger.name}`"]
    rows = [cells for cells in ROWS if cells[:3] == row]
    assert len(rows) == 1
    assert rows[0][3]
    assert rows[0][4] == " ".join(f"`{field}`" for field in event.fields)


def test_no_row_is_of_what_is_no_event():
    assert {cells[0].strip("`") for cells in ROWS} == set(EVENTS)


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_each_event_can_be_carried_by_a_record(event):
    assert not {*COMMON, *event.fields} & TAKEN


def test_each_report_gives_fields_that_its_event_has():
    for file, call, name in calls():
        event = getattr(events, name)
        for keyword in call.keywords:
            if keyword.arg is None:  # what `asked` tells of an HTTP request
                continue
            assert keyword.arg in {*event.fields, "error"}, f"{file}: {event.name} {keyword.arg}"


#: Events that no test brings about by their name, and why.
UNPROVOKED = {
    "count_untold": "its database is away only between two questions of one loop",
    "streams_lost": "tests/crash puts a database back, and looks at what the members hear",
}


def test_each_event_is_logged_somewhere_and_a_test_provokes_it():
    logged = {name for _, _, name in calls()}
    logged |= {name for path in SOURCE for name in NAME.findall(path.read_text())}
    constants = {name: one for name, one in vars(events).items() if isinstance(one, Event)}
    assert {event.name for name, event in constants.items() if name in logged} == set(EVENTS)
    tests = "\n".join(path.read_text() for path in TESTS)
    provoked = {name for name in EVENTS if name in tests or name.upper() in tests}
    assert set(EVENTS) - provoked == set(UNPROVOKED)
