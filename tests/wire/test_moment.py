from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.utils.timezone import now

from hubbub.wire.moment import kept_moment, seconds_until, stamp

NOON = datetime(2026, 1, 27, 12, tzinfo=UTC)
LOCAL = datetime(2026, 1, 27, 7)  # noqa: DTZ001 - as tables have it without USE_TZ
IN_INDIA = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))


@pytest.fixture(params=[True, False])
def with_offsets(request, settings):
    settings.TIME_ZONE = "America/New_York"
    settings.USE_TZ = request.param
    return request.param


@pytest.mark.parametrize("moment", [NOON, LOCAL, IN_INDIA])
def test_a_moment_is_kept_as_the_tables_have_it(with_offsets, moment):
    kept = kept_moment(moment)
    assert kept == (NOON if with_offsets else LOCAL)
    assert stamp(kept) == "2026-01-27T12:00:00.000000+00:00"


@pytest.mark.parametrize("offset", [-14, 0, 14])
def test_so_are_the_first_and_the_last_of_all(with_offsets, offset):
    zone = timezone(timedelta(hours=offset))
    for moment in (datetime.min, datetime.max):  # noqa: DTZ901
        for one in (moment, moment.replace(tzinfo=zone)):
            assert abs(kept_moment(one).year - moment.year) <= 1


def test_how_long_it_is_until_then_does_not_depend_on_how_it_is_written(with_offsets):
    soon = datetime.now(UTC) + timedelta(seconds=600)
    for moment in (soon, soon.astimezone(IN_INDIA.tzinfo), now() + timedelta(seconds=600)):
        assert 500 < seconds_until(moment) <= 601
    assert seconds_until(now() - timedelta(seconds=5)) <= -5
