"""The paths of the sockets: which door each leads to."""

from __future__ import annotations

import re

import pytest

from hubbub import routing

PREFIXES = {"ws/shop/bids": "bids", "ws/shop": "shop", "ws/shop/bids/old": "old"}


def found(path):
    """The door of a path, and the name; nothing where none leads from it."""
    paths = routing.named_paths(PREFIXES)
    matches = [(door, re.search(pattern, path)) for pattern, door in paths]
    return next(((door, match["name"]) for door, match in matches if match), None)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("path", "door"),
    [
        ("ws/shop/lot", ("shop", "lot")),
        ("ws/shop/bids", ("shop", "bids")),
        ("ws/shop/bids/lot", ("bids", "lot")),
        ("ws/shop/bids/old", ("bids", "old")),
        ("ws/shop/bids/old/lot", ("old", "lot")),
        ("ws/shop", None),
        ("ws/shop/lot/more", None),
    ],
)
def test_a_path_below_anothers_takes_none_of_its_names(path, slash, door):
    assert found(path + slash) == door
