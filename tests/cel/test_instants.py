"""Timestamps and durations against Python's calendar and zone database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cel.running import error_of, evaluate
from interlock_dsl.cel import Duration, EvaluationError, Timestamp
from interlock_dsl.cel.library.instants import civil_from_days, days_from_civil
from interlock_dsl.cel.values import SECOND, TIMESTAMP_HIGH, TIMESTAMP_LOW

MOMENTS = st.integers(TIMESTAMP_LOW, TIMESTAMP_HIGH)
ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns"]
)
LENGTHS = st.integers(-(2**63), 2**63 - 1)


@given(MOMENTS)
def test_a_timestamp_survives_being_text(nanoseconds: int) -> None:
    moment = Timestamp(nanoseconds)
    assert evaluate("timestamp(string(t))", t=moment) == moment


@given(LENGTHS)
def test_a_duration_survives_being_text(nanoseconds: int) -> None:
    length = Duration(nanoseconds)
    assert evaluate("duration(string(d))", d=length) == length


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)), ZONES)
def test_calendar_and_clock_are_those_of_the_zone(naive: datetime, zone: str) -> None:
    moment = naive.replace(tzinfo=UTC)
    local = moment.astimezone(ZoneInfo(zone))
    expected = {
        "getFullYear": local.year,
        "getMonth": local.month - 1,
        "getDate": local.day,
        "getDayOfMonth": local.day - 1,
        "getDayOfYear": local.timetuple().tm_yday - 1,
        "getDayOfWeek": local.isoweekday() % 7,
        "getHours": local.hour,
        "getMinutes": local.minute,
        "getSeconds": local.second,
        "getMilliseconds": local.microsecond // 1000,
    }
    found = {name: evaluate(f"t.{name}(z)", t=moment, z=zone) for name in expected}
    assert found == expected


@given(st.integers(-800_000, 3_000_000))
def test_days_and_dates_are_inverse(days: int) -> None:
    assert days_from_civil(*civil_from_days(days)) == days


@given(MOMENTS, LENGTHS)
def test_a_duration_added_is_taken_away_again_or_leaves_the_calendar(at: int, length: int) -> None:
    try:
        later = evaluate("t + d", t=Timestamp(at), d=Duration(length))
    except EvaluationError as error:
        assert error.code == "time-range"
        assert not TIMESTAMP_LOW <= at + length <= TIMESTAMP_HIGH
    else:
        assert later == Timestamp(at + length)
        assert evaluate("later - d == t && d + t == later", later=later, d=Duration(length), t=Timestamp(at)) is True


@given(st.datetimes(timezones=st.just(UTC)), st.timedeltas(timedelta(days=-10_000), timedelta(days=10_000)))
def test_datetimes_of_the_host_are_timestamps_wherever_they_stand(moment: datetime, length: timedelta) -> None:
    host = {"nested": [moment], "d": length}
    assert evaluate("type(h.nested[0]) == google.protobuf.Timestamp", h=host) is True
    assert evaluate("h.nested.all(t, t == m) && m in h.nested", h=host, m=moment) is True
    assert evaluate("type(h.d) == google.protobuf.Duration", h=host) is True


@pytest.mark.parametrize(
    "zone",
    ["Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe", "europe/berlin ", "25:00", "+1", "Local", "a" * 500],
)
def test_unknown_zones_are_errors(zone: str) -> None:
    assert error_of("timestamp(0).getHours(z)", z=zone).code == "bad-time-zone"


@pytest.mark.parametrize("nanoseconds", [TIMESTAMP_LOW, TIMESTAMP_HIGH])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "+14:00", "-12:00", "UTC"])
def test_the_ends_of_the_calendar_have_a_local_time(nanoseconds: int, zone: str) -> None:
    assert evaluate("t.getFullYear(z)", t=Timestamp(nanoseconds), z=zone) in (0, 1, 9999, 10_000)


@given(st.integers(-(2**63), 2**63 - 1))
def test_parts_of_a_duration_count_towards_zero(nanoseconds: int) -> None:
    for name, unit in (("getHours", 3600 * SECOND), ("getMinutes", 60 * SECOND), ("getSeconds", SECOND)):
        assert evaluate(f"d.{name}()", d=Duration(nanoseconds)) == int(nanoseconds / abs(nanoseconds or 1)) * (
            abs(nanoseconds) // unit
        )
