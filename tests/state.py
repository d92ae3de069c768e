"""Finds what the modules of a package keep beside constants, and who forgets it."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import MutableMapping, MutableSequence, MutableSet
from importlib import import_module
from pathlib import Path
from threading import Event, Lock, RLock, Semaphore
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

LOCKS = (type(Lock()), type(RLock()), Semaphore, Event)
KEEPERS = (MutableMapping, MutableSequence, MutableSet, WeakSet, *LOCKS)


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    """A package's modules, but for what only runs by itself."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if (
            not found.name.endswith(("__main__", "site.settings"))
            and ".migrations" not in found.name
        ):
            yield import_module(found.name)


def state_of(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """What a module itself assigns or decorates, and changes: named in small letters."""
    for name in names_in(module):
        value = vars(module).get(name)
        if not name.startswith("__") and not name.isupper() and may_change(name, value):
            yield name, value


def names_in(module: ModuleType) -> Iterator[str]:
    """The names that are bound at the top of a module's source, imports aside."""
    for line in ast.parse(Path(module.__file__).read_text()).body:
        if isinstance(line, ast.Assign):
            yield from (target.id for target in line.targets if isinstance(target, ast.Name))
        elif isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            yield line.target.id
        elif isinstance(line, ast.FunctionDef):
            yield line.name


def may_change(name: str, value: Any, depth: int = 2) -> bool:
    """Whether a value is one that is changed, or replaced whole (a tuple or None, by its name)."""
    if hasattr(value, "cache_clear") or isinstance(value, KEEPERS):
        return True
    if isinstance(value, tuple) or value is None:
        return name.startswith("_")
    ours = type(value).__module__.startswith("hubbub.") and hasattr(value, "__dict__")
    inside = vars(value) if ours and depth else {}
    return any(may_change("", one, depth - 1) for one in inside.values() if one is not None)


def is_forgotten(name: str, value: Any, forgets: list[Callable[[], object]]) -> bool:
    """Whether it is the value's own method, or a function that names it."""
    for forget in forgets:
        if getattr(forget, "__self__", None) is value or getattr(forget, "__wrapped__", 0) is value:
            return True
        if name in getattr(getattr(forget, "__code__", None), "co_names", ()):
            return True
    return False
