"""Who is in which group, and in which dialect each member is told.

A group is one dict from its members to their dialects: of twenty it takes a quarter of the memory
that a set does. All is looked at anew at each write, and changed in place: the hub holds on to
`members`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hubbub.fanout.dialect import EXTENDED, PLAIN, Dialect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.fanout.outlet import Hold, Outlet
    from hubbub.fanout.parcel import Parcel

K = TypeVar("K")
V = TypeVar("V")


class Groups:
    """The groups of one hub."""

    __slots__ = ("holds", "members")

    def __init__(self) -> None:
        #: All members, in the order in which they came.
        self.members: dict[str, dict[Outlet, Dialect]] = {}
        #: Those who are catching up, and are no members yet.
        self.holds: dict[str, set[Hold]] = {}

    def join(self, group: str, outlet: Outlet, dialect: Dialect) -> None:
        """Add a member, or have one told in another dialect than before."""
        members = self.members.get(group)
        if members is None:
            self.members[group] = {outlet: dialect}
        else:
            members[outlet] = dialect

    def leave(self, group: str, outlet: Outlet) -> None:
        """Take a member out; a group that nobody is in is forgotten. Leaving twice is no error."""
        members = self.members.get(group)
        if members is not None:
            members.pop(outlet, None)
            if not members:
                del self.members[group]

    def by_dialect(self, group: str) -> list[tuple[Dialect, set[Outlet]]]:
        """A group's members by what they speak."""
        members = self.members.get(group, {})
        extended = {member for member, dialect in members.items() if dialect.added}
        plain = members.keys() - extended
        return [(dialect, some) for dialect, some in ((PLAIN, plain), (EXTENDED, extended)) if some]

    def has_extended(self, group: str) -> bool:
        """Whether some member, or one that is catching up, knows added types."""
        coming = any(hold.dialect.added for hold in self.holds.get(group, ()))
        return coming or any(one.added for one in self.members.get(group, {}).values())

    def keep(self, group: str, parcels: Sequence[Parcel]) -> None:
        """Give those who are catching up what the members get now."""
        for hold in self.holds.get(group, ()):
            for parcel in parcels:
                hold.keep(parcel)


def put(sets: dict[K, set[V]], key: K, value: V) -> None:
    """Add a value to the set under a key."""
    found = sets.get(key)
    if found is None:
        sets[key] = {value}
    else:
        found.add(value)


def drop(sets: dict[K, set[V]], key: K, value: V) -> None:
    """Take a value out of the set under a key; an empty set is forgotten."""
    found = sets.get(key)
    if found is not None:
        found.discard(value)
        if not found:
            del sets[key]
