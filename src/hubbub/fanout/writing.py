"""The last step of a frame: to one member."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hubbub.observe.events import MEMBER_FAILED
from hubbub.observe.report import report
from hubbub.wire.closes import INTERNAL_ERROR

if TYPE_CHECKING:
    from hubbub.fanout.outlet import Outlet


def write_one(outlet: Outlet, data: bytes) -> None:
    """Write to a member, or part from it."""
    try:
        outlet.write(data)
    except Exception as error:  # noqa: BLE001 - one member's trouble is no other's
        give_up(outlet, error)


def give_up(outlet: Outlet, error: Exception) -> None:
    """Part from a member that cannot be written to, since it would miss something."""
    report(MEMBER_FAILED, type(error).__name__, error=error)
    with suppress(Exception):
        outlet.close(INTERNAL_ERROR)
