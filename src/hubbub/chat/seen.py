"""Which rooms an account sees in Django's admin: as many as it may enter and read.

A superuser sees all. Blocking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q

from hubbub.accounts.caller import caller_from_user
from hubbub.accounts.credentials import Kind
from hubbub.accounts.grant import Grant
from hubbub.chat.gate import gate
from hubbub.chat.listing import enterable
from hubbub.chat.models import Room
from hubbub.chat.sanctions import rooms_banned
from hubbub.chat.table import KIND
from hubbub.journal.admin import open_view
from hubbub.journal.models import Stream

if TYPE_CHECKING:
    from django.http import HttpRequest

    from hubbub.accounts.caller import Caller

#: Rooms that are looked at, by name; an account that is no superuser sees none of the further ones.
ROOMS = 1000
#: Where what was found is kept as long as a request lasts.
KEPT = "_hubbub_rooms"


class Seen(NamedTuple):
    """These rooms; or with `others` all but these."""

    names: list[str]
    others: bool


def rooms_seen(request: HttpRequest, start: str = "", column: str = "name") -> Q:
    """A condition on a column with rooms' names, which have `start` before them."""
    user: Any = request.user
    if user.is_superuser:
        return Q()
    seen: Seen | None = getattr(request, KEPT, None)
    if seen is None:
        grant = Grant(Kind.SESSION, request.session.session_key or "", user.pk)
        seen = seen_by(caller_from_user(user, grant))
        setattr(request, KEPT, seen)
    among = Q(**{f"{column}__in": [f"{start}{name}" for name in seen.names]})
    if seen.others:
        return ~among if seen.names else Q()
    return among


def seen_by(caller: Caller) -> Seen:
    """The rooms that a caller may enter and read, of the first `ROOMS`; all but some, if open."""
    if gate.is_open():
        banned = rooms_banned(caller)
        return Seen([], others=False) if banned is None else Seen(sorted(banned), others=True)
    names = all_rooms()
    found = enterable(caller, names)
    if found is None:
        asked = ((name, gate.ask_here(caller, name)) for name in names)
        found = {name for name, rights in asked if rights.enter and rights.read}
    return Seen(sorted(found), others=False)


def all_rooms() -> list[str]:
    """Every room that is stored, or in which something was said, up to `ROOMS`."""
    streams = Stream.objects.filter(name__startswith=f"{KIND}:").order_by("name")
    begun = [name.partition(":")[2] for name in streams.values_list("name", flat=True)[:ROOMS]]
    stored = Room.objects.order_by("name").values_list("name", flat=True)[:ROOMS]
    return sorted({*begun, *stored})[:ROOMS]


open_view(KIND, rooms_seen)
