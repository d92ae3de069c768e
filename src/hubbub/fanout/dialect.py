"""How a member of a group is told: version 1's frames, or those of added types too.

A dialect is a mark of a member: all members of a stream are in one group, whatever they speak.
"""

from __future__ import annotations

from typing import NamedTuple


class Dialect(NamedTuple):
    """Whether frames of added types are told."""

    added: bool


#: Version 1's clients, who know no added type.
PLAIN = Dialect(added=False)
#: Those who know the added types.
EXTENDED = Dialect(added=True)
