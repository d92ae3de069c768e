"""What a number in a stream stands for, beside the number: the moment at which it was given.

A table that was restored gives numbers anew. Whether the event under one is still the same is told
by its mark: it is `created` of its row, which nothing that becomes of the event ever changes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.journal.entry import Row

#: The mark of what nobody knows the mark of: it differs from none.
UNKNOWN = 0
BEGINNING_UTC = datetime(1970, 1, 1, tzinfo=UTC)
#: Where USE_TZ is off, all is in local time.
BEGINNING = datetime(1970, 1, 1)  # noqa: DTZ001
MICROSECOND = timedelta(microseconds=1)


def mark_of(created: datetime) -> int:
    """The mark of what was stored then, in microseconds."""
    return (created - (BEGINNING_UTC if created.tzinfo else BEGINNING)) // MICROSECOND


def differ(one: int, other: int) -> bool:
    """Whether two marks are known, and not the same."""
    return one != other and UNKNOWN not in (one, other)


def mark_in(rows: Sequence[Row], seq: int) -> int:
    """The mark that rows have under a seq."""
    return next((row.mark for row in rows if row.seq == seq), UNKNOWN)
