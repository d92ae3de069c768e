"""Cursors, written and read."""

import pytest

from hubbub.journal.read import Position
from hubbub.notifications.opening import known_place
from hubbub.notifications.places import Place, Places, read_cursor, write_cursor


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("k3f9:9,p0aa:41", Places(Place("k3f9", 9), Place("p0aa", 41))),
        (",p0aa:41", Places(None, Place("p0aa", 41))),
        (":0,:0", Places(Place(), Place())),
        ("k3f9:9,", Places(Place("k3f9", 9), None)),
    ],
)
def test_a_cursor_is_written_and_read_back(text, places):
    assert write_cursor(places) == text
    assert read_cursor(text) == places


@pytest.mark.parametrize(
    "text", ["", ",", "9,41", "k3f9:-9,p:x", "k:9.0,p:", "k:٣,p:²", f"k:{10**18},", "\0,\ud800"]
)
def test_what_is_no_cursor_names_no_place(text):
    assert read_cursor(text) == Places(None, None)


@pytest.mark.parametrize(
    ("place", "here", "known"),
    [
        (Place("a", 5), Position(7, 1, "a"), Place("a", 5)),
        (Place("a", 7), Position(7, 1, "a"), Place("a", 7)),
        (Place("a", 8), Position(7, 1, "a"), None),
        (Place("b", 5), Position(7, 1, "a"), None),
        (Place("", 5), Position(7, 1, "a"), None),
        (Place(), Position(7, 1, "a"), Place("a", 0)),
        (Place(), Position(), Place()),
        (Place("a", 0), Position(), None),
        (Place("a", 3), Position(7, 5, "a"), None),
        (Place("a", 4), Position(7, 5, "a"), Place("a", 4)),
        (Place("a", 7), Position(7, 8, "a"), Place("a", 7)),
        (None, Position(7, 1, "a"), None),
    ],
)
def test_a_place_is_known_while_all_after_it_is_kept_in_the_same_numbering(place, here, known):
    assert known_place(place, here) == known
