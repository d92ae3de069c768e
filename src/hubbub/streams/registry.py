"""The kinds that there are: a project's own are registered where their models are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hubbub.journal.log import open_log
from hubbub.journal.relay import relay
from hubbub.streams.faults import Fault, find_faults
from hubbub.streams.permissions import Gate, open_gate
from hubbub.streams.table import Table
from hubbub.wire.names import is_name

if TYPE_CHECKING:
    from collections.abc import Collection

    from hubbub.streams.kind import Kind

K = TypeVar("K", bound="type[Kind]")

_kinds: dict[str, Kind] = {}
_faults: dict[type[Kind], list[Fault]] = {}


def register(kind: K) -> K:
    """Make a kind known, as a decorator of its class.

    One that cannot be used is not, and `manage.py check` says why.
    """
    faults = find_faults(kind, _kinds.values())
    _faults[kind] = faults
    if not faults:
        open_kind(kind())
    return kind


def open_kind(kind: Kind) -> None:
    """Have its events stored, read, pruned and relayed; or only told, where it keeps nothing."""
    _kinds[kind.kind] = kind
    kind.table, kind.gate = Table(kind), Gate(kind.kind, lambda: kind)
    open_gate(kind.gate)
    if kind.keeps:
        open_log(kind.table)
        relay.open(lambda group: stream_of_group(kind, group))


def stream_of_group(kind: Kind, group: str) -> str | None:
    """The stream whose events a group of a Channels layer hears; None if it is not of the kind."""
    word, _, name = group.partition(".")
    return f"{word}:{name}" if word == kind.kind and is_name(name) else None


def kinds() -> Collection[Kind]:
    """Every kind that was registered and can be used."""
    return _kinds.values()


def kind_of(word: str) -> Kind:
    """The kind of a word. Raises LookupError."""
    try:
        return _kinds[word]
    except KeyError:
        raise LookupError(f"no kind of stream is registered as {word!r}") from None


def table_of(stream: str) -> Table:
    """The table of a stream's events. Raises KeyError."""
    return _kinds[stream.partition(":")[0]].table


def faults() -> list[Fault]:
    """What is wrong with kinds that cannot be used."""
    return [fault for found in _faults.values() for fault in found]
