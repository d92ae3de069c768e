"""Which rooms an account sees in Django's admin: as many as it may enter and read. Blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.chat.gate import gate
from hubbub.chat.listing import enterable
from hubbub.chat.models import Room
from hubbub.chat.sanctions import rooms_banned
from hubbub.chat.table import KIND
from hubbub.streams import seen
from hubbub.streams.seen import Seen, asked_of, begun_names, narrowed, open_view

if TYPE_CHECKING:
    from django.db.models import Q
    from django.http import HttpRequest

    from hubbub.accounts.caller import Caller


def rooms_seen(request: HttpRequest, start: str = "", column: str = "name") -> Q:
    """A condition on a column with rooms' names, which have `start` before them."""
    return narrowed(request, KIND, seen_by, start, column)


def seen_by(caller: Caller) -> Seen:
    """The rooms that a caller may enter and read, of the first ones; all but some, if open."""
    if gate.is_open():
        banned = rooms_banned(caller)
        return Seen([], others=False) if banned is None else Seen(sorted(banned), others=True)
    names = all_rooms()
    found = enterable(caller, names)
    if found is None:
        found = asked_of(gate, caller, names)
    return Seen(sorted(found), others=False)


def all_rooms() -> list[str]:
    """Every room that is stored, or in which something was said, up to `seen.STREAMS`."""
    stored = Room.objects.order_by("name").values_list("name", flat=True)[: seen.STREAMS]
    return sorted({*begun_names(KIND), *stored})[: seen.STREAMS]


open_view(KIND, rooms_seen)
