"""Which tests start a process: a server, a browser, a database, a command.

Nobody marks them by hand: a test does when it, a fixture that it uses or a function that they call
names something that starts one.
"""

from __future__ import annotations

import inspect
import subprocess
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from tests.server.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

#: What starts one by itself; a server in a thread of this process is a server all the same.
STARTERS = (subprocess, Serving)


def starts_a_process(test: pytest.Function) -> bool:
    """Whether a test needs a process beside its own."""
    fixtures = test._fixtureinfo.name2fixturedefs.values()
    functions = (test.function, *(one.func for several in fixtures for one in several))
    return any(starts_one(function) for function in functions)


@cache
def starts_one(function: Any) -> bool:
    """Whether a test or fixture leads to a starter."""
    return leads_to_one(function, set())


def leads_to_one(value: Any, seen: set[int]) -> bool:
    """Whether a function or class names a starter, or something of the tests that does."""
    if any(value is starter for starter in STARTERS):
        return True
    value = inspect.unwrap(value) if callable(value) else value
    if id(value) in seen or not str(getattr(value, "__module__", "")).startswith("tests."):
        return False
    seen.add(id(value))
    return any(leads_to_one(one, seen) for one in named_by(value))


def named_by(value: Any) -> Iterator[Any]:
    """What a function names of its module and of the modules it knows; what a class holds."""
    if isinstance(value, type):
        yield from (getattr(one, "fget", one) for one in vars(value).values())
    elif isinstance(value, FunctionType):
        names = set(names_in(value.__code__))
        found = [value.__globals__[name] for name in names if name in value.__globals__]
        yield from found
        for module in found:
            if isinstance(module, ModuleType) and module.__name__.startswith("tests."):
                yield from (vars(module)[name] for name in names if name in vars(module))


def names_in(code: CodeType) -> Iterator[str]:
    """The names that a function's code looks up, those of functions inside it too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)
