"""A frame on its way to the members of a group, and what of it each of them gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from hubbub.bus.base import Event
    from hubbub.fanout.dialect import Dialect
    from hubbub.fanout.outlet import Outlet


class Only(NamedTuple):
    """For which members alone a frame is: those who know its added type, all but one, or both."""

    added: bool
    skip: Outlet | None = None


#: What is of an added type.
ADDED = Only(added=True)
#: A group, a frame, the stored event that it tells, and for which members alone it is. A plain
#: tuple, for one is made a frame.
Parcel = tuple[str, bytes, "Event | None", "Only | None"]


def join_for_all(parcels: Sequence[Parcel], members: Container[Outlet]) -> bytes | None:
    """The frames as every one of the members gets them; None where some are not for all of them."""
    alike = all(only is None or not (only.added or only.skip in members) for *_, only in parcels)
    return b"".join([frame for _, frame, *_ in parcels]) if alike else None


def join_for(parcels: Sequence[Parcel], dialect: Dialect, outlet: Outlet | None = None) -> bytes:
    """The frames as a member gets them, or as all get them who speak a dialect and are not named.

    In the order in which they were published, whomever they are for.
    """
    return b"".join([frame_for(parcel, dialect, outlet) for parcel in parcels])


def frame_for(parcel: Parcel, dialect: Dialect, outlet: Outlet | None = None) -> bytes:
    """The frame as a member gets it; empty where it is not for this one."""
    _, frame, _, only = parcel
    if only is not None:
        foreign = only.added and not dialect.added
        if foreign or (outlet is not None and only.skip is outlet):
            return b""
    return frame


def named_in(parcels: Sequence[Parcel]) -> set[Outlet]:
    """The members that some frame is not for, whatever they speak."""
    return {only.skip for *_, only in parcels if only is not None and only.skip is not None}
