"""Django's system checks of the kinds: `manage.py check` says what is wrong, by number."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's

from hubbub.streams.registry import faults, unregistered


@register("hubbub")
def check_kinds(**_: Any) -> list[CheckMessage]:
    """hubbub.E011 to E015: a kind of a project's own cannot be used; one error each."""
    return [
        Error(f"{one.kind.__name__}: {one.sentence}", hint=one.hint, obj=one.kind, id=one.number)
        for one in faults()
    ]


@register("hubbub")
def check_registered(**_: Any) -> list[CheckMessage]:
    """hubbub.W014: a class says what a kind does, and nobody has registered it; one each."""
    hint = "@streams.register above its class; a class that others derive from has no `kind`."
    return [
        Warning(f"{one.__name__} is a kind that is not registered.", hint, one, "hubbub.W014")
        for one in unregistered()
    ]
