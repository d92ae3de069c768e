"""`docs/settings.md` has a line for each numbered check, and each number is one check's."""

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "settings.md").read_text()
GIVEN = re.compile(r"\"(hubbub\.[EW]\d+)\"")


def given():
    """The modules that give each number."""
    modules = defaultdict(set)
    for path in (ROOT / "src" / "hubbub").rglob("*.py"):
        for number in GIVEN.findall(path.read_text()):
            modules[number].add(path.relative_to(ROOT))
    return modules


def test_each_number_is_in_the_page_and_no_other():
    assert set(re.findall(r"^\| `(hubbub\.[EW]\d+)`", DOCUMENT, re.MULTILINE)) == set(given())


def test_no_two_modules_give_the_same_number():
    # The database is looked at where it is first used, and where Django checks it.
    shared = {number for number, modules in given().items() if len(modules) > 1}
    assert shared <= {"hubbub.E002"}
