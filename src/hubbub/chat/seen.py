"""Which rooms an account sees in Django's admin: as many as it may enter and read.

A superuser sees all. Blocking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from hubbub.accounts.caller import caller_from_user
from hubbub.accounts.credentials import Kind
from hubbub.accounts.grant import Grant
from hubbub.chat.gate import gate
from hubbub.chat.log import KIND
from hubbub.chat.members import rooms_enterable
from hubbub.chat.models import Room
from hubbub.chat.policies import asks_members
from hubbub.journal.admin import open_view
from hubbub.journal.models import Stream

if TYPE_CHECKING:
    from django.http import HttpRequest

    from hubbub.accounts.caller import Caller

#: Rooms that are looked at, by name; an account that is no superuser sees none of the further ones.
ROOMS = 1000
#: Where what was found is kept as long as a request lasts.
KEPT = "_hubbub_rooms"


def rooms_seen(request: HttpRequest, start: str = "", column: str = "name") -> Q:
    """A condition on a column with rooms' names, which have `start` before them."""
    user: Any = request.user
    if user.is_superuser or gate.is_open():
        return Q()
    names: list[str] | None = getattr(request, KEPT, None)
    if names is None:
        grant = Grant(Kind.SESSION, request.session.session_key or "", user.pk)
        names = readable(caller_from_user(user, grant))
        setattr(request, KEPT, names)
    return Q(**{f"{column}__in": [f"{start}{name}" for name in names]})


def readable(caller: Caller) -> list[str]:
    """The rooms that a caller may enter and read, of the first `ROOMS`."""
    names = all_rooms()
    if asks_members(gate.policy()):
        return sorted(rooms_enterable(caller, names))
    asked = ((name, gate.ask_here(caller, name)) for name in names)
    return [name for name, rights in asked if rights.enter and rights.read]


def all_rooms() -> list[str]:
    """Every room that is stored, or in which something was said, up to `ROOMS`."""
    streams = Stream.objects.filter(name__startswith=f"{KIND}:").order_by("name")
    begun = [name.partition(":")[2] for name in streams.values_list("name", flat=True)[:ROOMS]]
    stored = Room.objects.order_by("name").values_list("name", flat=True)[:ROOMS]
    return sorted({*begun, *stored})[:ROOMS]


open_view(KIND, rooms_seen)
