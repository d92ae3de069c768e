"""Who is in which group, and in which dialect each member is told.

A group costs a set, and another one where some of its members are extended. All is looked at anew
at each write, and changed in place: the hub holds on to `members`.
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

    __slots__ = ("extended", "holds", "members", "tagged")

    def __init__(self) -> None:
        #: All members.
        self.members: dict[str, set[Outlet]] = {}
        #: Of these, those who know added types.
        self.extended: dict[str, set[Outlet]] = {}
        #: And those who are told by tags.
        self.tagged: dict[str, dict[Dialect, set[Outlet]]] = {}
        #: Those who are catching up, and are no members yet.
        self.holds: dict[str, set[Hold]] = {}

    def join(self, group: str, outlet: Outlet, dialect: Dialect) -> None:
        """Add a member, or have one told in another dialect than before."""
        if self.extended or self.tagged:
            self._forget_dialect(group, outlet)
        put(self.members, group, outlet)
        if dialect.tag:
            put(self.tagged.setdefault(group, {}), dialect, outlet)
        elif dialect.added:
            put(self.extended, group, outlet)

    def leave(self, group: str, outlet: Outlet) -> None:
        """Take a member out; a group that nobody is in is forgotten. Leaving twice is no error."""
        drop(self.members, group, outlet)
        self._forget_dialect(group, outlet)

    def _forget_dialect(self, group: str, outlet: Outlet) -> None:
        drop(self.extended, group, outlet)
        tagged = self.tagged.get(group)
        if tagged is not None:
            for dialect in tuple(tagged):
                drop(tagged, dialect, outlet)
            if not tagged:
                del self.tagged[group]

    def by_dialect(self, group: str) -> list[tuple[Dialect, set[Outlet]]]:
        """A group's members by what they speak."""
        extended, tagged = self.extended.get(group, set()), self.tagged.get(group, {})
        plain = self.members.get(group, set()).difference(extended, *tagged.values())
        parts = ((PLAIN, plain), (EXTENDED, extended), *tagged.items())
        return [(dialect, outlets) for dialect, outlets in parts if outlets]

    def has_extended(self, group: str) -> bool:
        """Whether some member, or one that is catching up, knows added types."""
        coming = any(hold.dialect.added for hold in self.holds.get(group, ()))
        return coming or group in self.extended or group in self.tagged

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
