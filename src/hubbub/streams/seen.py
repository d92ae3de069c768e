"""Which streams an account sees in Django's admin: as many as it may enter and read.

A superuser sees all. Blocking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q

from hubbub.accounts.caller import caller_from_user
from hubbub.accounts.credentials import Kind as Known
from hubbub.accounts.grant import Grant
from hubbub.journal.seen import open_view
from hubbub.streams.standing import begun_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest

    from hubbub.accounts.caller import Caller
    from hubbub.streams.gate import Gate

__all__ = ["Seen", "asked_of", "begun_names", "narrowed", "open_view", "show_to_those_who_may"]

#: Streams of a kind that are looked at, by name; an account that is no superuser sees none of the
#: further ones.
STREAMS = 1000
#: Where what was found is kept as long as a request lasts.
KEPT = "_hubbub_seen"


class Seen(NamedTuple):
    """These streams by their own names; or with `others` all but these."""

    names: list[str]
    others: bool


ALL = Seen([], others=True)


def show_to_those_who_may(gate: Gate) -> None:
    """Have an account see of a kind what its policy lets it enter and read."""

    def find(caller: Caller) -> Seen:
        if gate.is_open():
            return ALL
        return Seen(sorted(asked_of(gate, caller, begun_names(gate.kind))), others=False)

    open_view(gate.kind, lambda request, start: narrowed(request, gate.kind, find, start))


def narrowed(
    request: HttpRequest,
    kind: str,
    find: Callable[[Caller], Seen],
    start: str = "",
    column: str = "name",
) -> Q:
    """A condition on a column with streams' own names, which have `start` before them."""
    user: Any = request.user
    if user.is_superuser:
        return Q()
    kept: dict[str, Seen] = vars(request).setdefault(KEPT, {})
    if kind not in kept:
        grant = Grant(Known.SESSION, request.session.session_key or "", user.pk)
        kept[kind] = find(caller_from_user(user, grant))
    seen = kept[kind]
    among = Q(**{f"{column}__in": [f"{start}{name}" for name in seen.names]})
    if seen.others:
        return ~among if seen.names else Q()
    return among


def asked_of(gate: Gate, caller: Caller, names: Iterable[str]) -> set[str]:
    """Those of some streams that a caller may enter and read."""
    asked = ((name, gate.ask_here(caller, name)) for name in names)
    return {name for name, rights in asked if rights.enter and rights.read}


def begun_names(kind: str) -> list[str]:
    """Streams of a kind in which something is stored, by name, up to `STREAMS`."""
    return [begun.name for begun in begun_list(kind, limit=STREAMS)]
