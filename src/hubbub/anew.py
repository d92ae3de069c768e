"""What this process knows of who is here and what they did, and how it begins without all that.

A module that keeps such a thing says here how it is forgotten, and one that starts a thread how
that is ended. So a forked child begins anew, which has neither its parent's threads nor anybody
who could free their locks, and so does each test of a project (`undertest.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable

Call = Callable[[], None]

_ends: list[Call] = []
_forgets: list[Call] = []


def ended_by(end: Call) -> None:
    """Have `end` called where threads are to end; it waits for them."""
    _ends.append(end)


def forgotten_by(forget: Call) -> None:
    """Have `forget` called where nothing is to be known any more; it makes locks anew."""
    _forgets.append(forget)


def end_threads() -> None:
    """End all threads, and with them their connections to the database; each starts anew at need.

    What was started last ends first: it may need the others for what it has still to do.
    """
    for end in reversed(_ends):
        end()


def forget_all() -> None:
    """Begin as a new process does. The threads have ended, or are none of this process."""
    for forget in _forgets:
        forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_all)
