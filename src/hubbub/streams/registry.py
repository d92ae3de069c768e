"""The kinds that there are: a project's own are registered where their models are loaded."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

from hubbub.journal.table import open_table
from hubbub.streams.builtin import BuiltIn
from hubbub.streams.faults import Fault, find_faults
from hubbub.streams.gate import open_gate
from hubbub.streams.kind import NOTHING, Kind
from hubbub.streams.seen import show_to_those_who_may

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        opened = kind()
        open_kind(opened)
        show_to_those_who_may(opened.gate)
    return kind


def open_kind(kind: Kind) -> None:
    """Have its events stored, read, pruned and relayed; or only told, where it keeps nothing."""
    _kinds[kind.kind] = kind
    kind.table, kind.gate = kind.build_table(), kind.build_gate()
    open_gate(kind.gate)
    if kind.keep is not NOTHING:
        open_table(kind.table)
        kind.open_layer()


def built_in() -> list[BuiltIn]:
    """Every kind of the house."""
    return [kind for kind in _kinds.values() if isinstance(kind, BuiltIn)]


def kinds() -> list[Kind]:
    """Every kind of a project's own that was registered and can be used."""
    return [kind for kind in _kinds.values() if not isinstance(kind, BuiltIn)]


def kind_of(word: str) -> Kind:
    """A project's own kind by its word. Raises LookupError."""
    kind = _kinds.get(word)
    if kind is None or isinstance(kind, BuiltIn):
        raise LookupError(f"no kind of stream is registered as {word!r}")
    return kind


def kind_in(stream: str) -> Kind:
    """The kind of a stream. Raises KeyError."""
    return _kinds[stream.partition(":")[0]]


def faults() -> list[Fault]:
    """What is wrong with kinds that cannot be used; those of the house came after some of them."""
    ours = built_in()
    return [fault for kind, found in _faults.items() for fault in found or find_faults(kind, ours)]


def unregistered() -> list[type[Kind]]:
    """The classes of modules that have the word of a kind, and were not registered."""
    known = {type(kind) for kind in _kinds.values()} | set(_faults)
    return [
        one
        for one in subclasses(Kind)
        if one.kind and not any(issubclass(kind, one) for kind in known) and is_of_module(one)
    ]


def subclasses(kind: type[Kind]) -> Iterator[type[Kind]]:
    """All classes that derive from a kind's."""
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def is_of_module(kind: type[Kind]) -> bool:
    """Whether a class stands in a module, and was not made by a function."""
    module = sys.modules.get(kind.__module__)
    return getattr(module, kind.__name__, None) is kind
