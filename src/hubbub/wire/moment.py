"""Moments as the API tells them, and as the project's tables have them.

With the setting USE_TZ these have an offset; without it they are in local time, and have none.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.utils import timezone


def kept_moment(moment: datetime) -> datetime:
    """A moment as the tables have it; one without an offset is one of the project's time zone."""
    if timezone.is_aware(moment) == settings.USE_TZ:
        return moment
    zone = timezone.get_default_timezone()
    try:
        return (timezone.make_aware if settings.USE_TZ else timezone.make_naive)(moment, zone)
    except OverflowError:  # as near to the end of all years as not to be anywhere else
        return moment.replace(tzinfo=zone if settings.USE_TZ else None)


def seconds_until(moment: datetime) -> float:
    """How long it is until then; less than 0 if that was before."""
    return (kept_moment(moment) - timezone.now()).total_seconds()


def stamp(moment: datetime) -> str:
    """A moment as the API tells it: UTC, ISO 8601, microseconds, offset."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
