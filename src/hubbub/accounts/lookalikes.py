"""Names that are read like another name, by the characters that UTS 39 calls confusable. No I/O.

Accounts are looked up by their names, so a name leads to those of the accounts that it may be read
as: not the skeleton of UTS 39 section 4 itself, but every name in ASCII that has it, and every one
in the letters of a script that has its own for all of them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import name as name_of
from unicodedata import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: Names in ASCII, and in each other script, for which one name is taken at most.
MOST = 32
SCRIPTS = ("CYRILLIC", "GREEK", "ARMENIAN")
#: What in a skeleton stands for more than itself; `I` only as it is shown, for its small letter
#: looks like no `l`.
PIECES = re.compile("rn|.", re.DOTALL)
SHOWN = {"l": "l1I", "O": "O0", "rn": ("rn", "m")}
FOLDED = SHOWN | {"l": "l1"}
#: Characters that turn the order of others about (Bidi_Control), or are never seen. Two joiners
#: are left, which Persian and many an emoji are written with.
HIDDEN = re.compile(
    r"[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]"
)


def read_table() -> dict[str, str]:
    """By character, what it is taken for."""
    text = Path(__file__).with_name("confusables.txt").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {character: like for like, characters in rows for character in characters}


LIKE = read_table()


def read_script(script: str) -> dict[str, str]:
    """By ASCII character, the letters of a script that are taken for it."""
    letters: dict[str, str] = {}
    for character, like in LIKE.items():
        if name_of(character, "").startswith(script):
            letters[like] = letters.get(like, "") + character
    return letters


LETTERS = {script: read_script(script) for script in SCRIPTS}


def is_disguised(name: str) -> bool:
    """Whether a name holds what shows it otherwise than it is written."""
    return HIDDEN.search(name) is not None


def skeleton(name: str) -> str:
    """A name with each character as the ASCII one that it is taken for, if it is for one."""
    return normalize("NFC", "".join(LIKE.get(letter, letter) for letter in normalize("NFD", name)))


@lru_cache(maxsize=1000)
def look_alikes(name: str) -> frozenset[str]:
    """The names for which a name may be read: as it is shown, or whatever its case, in any case."""
    small = name.lower()
    found = {*names_of(skeleton(name).lower(), FOLDED), *names_of(skeleton(small), FOLDED)}
    for script in SCRIPTS:
        found.update(names_in(script, name))
        found.update(names_in(script, small))
    composed = {normalize("NFC", one) for one in found}
    return frozenset(case for one in composed for case in cases(one)).union(
        names_of(skeleton(name), SHOWN)
    )


def cases(name: str) -> set[str]:
    """A name in the cases in which names are written: as it is, small, capitals, capitals first."""
    return {name, name.lower(), name.upper(), name.capitalize(), name.title()}


def names_of(shape: str, pieces: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The names in ASCII that have a skeleton."""
    choices = (pieces.get(piece, (piece,)) for piece in PIECES.findall(shape))
    return some("".join(choice) for choice in product(*choices))


def names_in(script: str, name: str) -> Iterator[str]:
    """The names that a name is read as in one script; none, where it lacks one of the letters."""
    letters = LETTERS[script]
    choices: list[str] = []
    for letter in normalize("NFD", name):
        own = not letter.isalpha() or name_of(letter, "").startswith(script)
        choice = letter if own else letters.get(LIKE.get(letter, letter), "")
        if not choice:
            return iter(())
        choices.append(choice)
    return some("".join(choice) for choice in product(*choices))


def some(names: Iterable[str]) -> Iterator[str]:
    """The first few."""
    return islice(names, MOST)
