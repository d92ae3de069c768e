"""Where each endpoint keeps the events of its streams, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q

from hubbub import conf

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubbub.journal.models import StoredEvent


#: Days, and events of a stream; None for all.
Keep = tuple[int | None, int | None]


class Shelf(NamedTuple):
    """The table of one endpoint's events.

    `keep()` says for how many days events are kept, and how many of a stream; `counted` says which
    of the rows are among that number.
    """

    label: str
    kinds: tuple[str, ...]
    model: type[StoredEvent]
    keep: Callable[[], Keep]
    counted: Q = Q()


def by_settings(days: str, number: str) -> Callable[[], Keep]:
    """What two settings, by their names, say of how much is kept."""
    return lambda: (getattr(conf.current(), days), getattr(conf.current(), number))


_shelves: dict[str, Shelf] = {}


def open_shelf(shelf: Shelf) -> None:
    """Make a shelf known; each endpoint's app does it when it is loaded."""
    _shelves[shelf.label] = shelf


def shelves() -> list[Shelf]:
    """Every shelf, in the order of their labels."""
    return [shelf for _, shelf in sorted(_shelves.items())]


def shelf_of(stream: str) -> Shelf | None:
    """The shelf of a stream; None for one whose endpoint is not installed."""
    kind = stream.partition(":")[0]
    return next((shelf for shelf in _shelves.values() if kind in shelf.kinds), None)


def streams_of(kind: str) -> Q:
    """The streams of a kind, by their names."""
    return Q(name=kind) | Q(name__startswith=f"{kind}:")
