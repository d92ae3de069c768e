"""Django's system checks of the kinds: `manage.py check` says what is wrong, by number."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from hubbub.streams.registry import faults


@register("hubbub")
def check_kinds(**_: Any) -> list[CheckMessage]:
    """hubbub.E011 to E015: a kind of a project's own cannot be used; one error each."""
    return [
        Error(f"{one.kind.__name__}: {one.sentence}", hint=one.hint, obj=one.kind, id=one.number)
        for one in faults()
    ]
