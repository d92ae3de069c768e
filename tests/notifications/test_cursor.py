"""Cursors, written and read."""

import pytest

from hubbub.journal.read import Extent, Position
from hubbub.notifications.cursor import Both, read_cursor, write_cursor
from hubbub.notifications.opening import known


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("k3f9:9,p0aa:41", Both(Position("k3f9", 9), Position("p0aa", 41))),
        (",p0aa:41", Both(None, Position("p0aa", 41))),
        (":0,:0", Both(Position(), Position())),
        ("k3f9:9,", Both(Position("k3f9", 9), None)),
    ],
)
def test_a_cursor_is_written_and_read_back(text, positions):
    assert write_cursor(positions) == text
    assert read_cursor(text) == positions


@pytest.mark.parametrize(
    "text", ["", ",", "9,41", "k3f9:-9,p:x", "k:9.0,p:", "k:٣,p:²", f"k:{10**18},", "\0,\ud800"]
)
def test_what_is_no_cursor_names_no_position(text):
    assert read_cursor(text) == Both(None, None)


@pytest.mark.parametrize(
    ("position", "here", "still"),
    [
        (Position("a", 5), Extent(7, 1, "a"), Position("a", 5)),
        (Position("a", 7), Extent(7, 1, "a"), Position("a", 7)),
        (Position("a", 8), Extent(7, 1, "a"), None),
        (Position("b", 5), Extent(7, 1, "a"), None),
        (Position("", 5), Extent(7, 1, "a"), None),
        (Position(), Extent(7, 1, "a"), Position("a", 0)),
        (Position(), Extent(), Position()),
        (Position("a", 0), Extent(), None),
        (Position("a", 3), Extent(7, 5, "a"), None),
        (Position("a", 4), Extent(7, 5, "a"), Position("a", 4)),
        (Position("a", 7), Extent(7, 8, "a"), Position("a", 7)),
        (None, Extent(7, 1, "a"), None),
    ],
)
def test_a_position_is_known_while_all_after_it_is_kept_in_its_numbering(position, here, still):
    assert known(position, here) == still
