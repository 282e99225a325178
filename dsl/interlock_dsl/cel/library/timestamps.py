"""What can be read off a timestamp, in UTC or a zone, and off a duration."""

from collections.abc import Callable
from typing import Final

from interlock_dsl.cel.library.declare import method
from interlock_dsl.cel.library.instants import Moment, in_zone, offset_at
from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.types import DURATION, INT, STRING, TIMESTAMP
from interlock_dsl.cel.values import SECOND, Duration, Timestamp


def _reader(name: str, read: Callable[[Moment], int]) -> tuple[Overload, ...]:
    def in_utc(moment: Timestamp) -> int:
        return read(in_zone(moment, 0))

    def in_named(moment: Timestamp, zone: str) -> int:
        return read(in_zone(moment, offset_at(moment, zone)))

    return (
        method(f"timestamp_to_{name}", (TIMESTAMP,), INT, in_utc),
        method(f"timestamp_to_{name}_with_tz", (TIMESTAMP, STRING), INT, in_named),
    )


def _duration(name: str, unit: int, within: int | None = None) -> Overload:
    def read(length: Duration) -> int:
        # Towards zero, as the specification counts: -90 minutes are -1 hour.
        whole = abs(length.nanoseconds) // unit
        whole = whole if within is None else whole % within
        return -whole if length.nanoseconds < 0 else whole

    return method(f"duration_to_{name}", (DURATION,), INT, read)


FUNCTIONS: Final = (
    Function("getFullYear", _reader("year", lambda at: at.year)),
    Function("getMonth", _reader("month", lambda at: at.month - 1)),
    Function("getDate", _reader("day_of_month_1_based", lambda at: at.day)),
    Function("getDayOfMonth", _reader("day_of_month", lambda at: at.day - 1)),
    Function("getDayOfWeek", _reader("day_of_week", lambda at: at.day_of_week)),
    Function("getDayOfYear", _reader("day_of_year", lambda at: at.day_of_year)),
    Function(
        "getHours",
        (*_reader("hours", lambda at: at.seconds // 3600), _duration("hours", 3600 * SECOND)),
    ),
    Function(
        "getMinutes",
        (*_reader("minutes", lambda at: at.seconds // 60 % 60), _duration("minutes", 60 * SECOND)),
    ),
    Function(
        "getSeconds",
        (*_reader("seconds", lambda at: at.seconds % 60), _duration("seconds", SECOND)),
    ),
    Function(
        "getMilliseconds",
        (
            *_reader("milliseconds", lambda at: at.nanoseconds // 1_000_000),
            _duration("milliseconds", 1_000_000, within=1000),
        ),
    ),
)
