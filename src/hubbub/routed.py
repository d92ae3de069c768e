"""Whether a project's ASGI application leads to our sockets: looked at, and not asked."""

from __future__ import annotations

import sys
from collections import deque
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from django.core import checks

from hubbub import project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubbub.project import Application

#: Objects that are looked at; a project with all of its middleware has some hundred.
MOST = 20_000
FOREIGN = {*sys.stdlib_module_names, "django", "channels", "asgiref"}
#: The modules that have the sockets.
OURS = ("hubbub.routing", "hubbub.asgi")


def check_routes(application: Application) -> list[checks.CheckMessage]:
    """hubbub.W011: no way leads from the application to a socket of ours."""
    if leads_to_sockets(application):
        return []
    sentence = f"ASGI_APPLICATION = {project.application_name()!r} leads to none of the sockets."
    hint = 'Put hubbub.routing.websocket_urlpatterns into its "websocket": README.md has it whole.'
    return [checks.Warning(sentence, hint=hint, id="hubbub.W011")]


def leads_to_sockets(application: object) -> bool:
    """Whether one of our doors is in the application, in what it wraps, or in what it names.

    True where that cannot be told within `MOST` objects.
    """
    from hubbub.sockets.door import Door  # noqa: PLC0415 - its models need the apps

    # Kept, so that no two of them have the same id.
    kept: dict[int, object] = {}
    waiting = deque([application])
    while waiting and len(kept) < MOST:
        one = waiting.popleft()
        if isinstance(one, Door) or (isinstance(one, str) and one in OURS):
            return True
        if id(one) not in kept:
            kept[id(one)] = one
            waiting.extend(parts(one))
    return bool(waiting)


def parts(one: Any) -> Iterator[object]:
    """What an object holds, or what a function names."""
    if isinstance(one, dict):
        yield from one.values()
    elif isinstance(one, list | tuple | set | frozenset):
        yield from one
    elif isinstance(one, FunctionType):
        yield from (cell.cell_contents for cell in one.__closure__ or () if filled(cell))
        yield vars(one)
        if is_the_projects(one):
            yield from named_by(one)
    elif isinstance(one, MethodType):
        yield from (one.__self__, one.__func__)
    elif isinstance(one, partial):
        yield from (one.func, one.args, one.keywords)
    elif not isinstance(one, type | ModuleType | CodeType | str | bytes):
        yield getattr(one, "__dict__", None)
        if is_the_projects(type(one)):
            yield dict(vars(type(one)))


def is_the_projects(one: FunctionType | type) -> bool:
    """Whether it is not of Python, Django or Channels, whose globals lead everywhere."""
    package = str(one.__module__).partition(".")[0]
    return package not in FOREIGN


def filled(cell: Any) -> bool:
    """Whether a variable of an outer function has a value."""
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def named_by(function: FunctionType) -> Iterator[object]:
    """The globals that a function names, and what it names of modules, its imports too."""
    names = set(names_in(function.__code__))
    yield from (name for name in names if name in OURS)
    for name in names & function.__globals__.keys():
        value = function.__globals__[name]
        yield value
        if isinstance(value, ModuleType):
            yield from (vars(value)[part] for part in names & vars(value).keys())


def names_in(code: CodeType) -> Iterator[str]:
    """The names that code looks up, that of functions inside it too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)
