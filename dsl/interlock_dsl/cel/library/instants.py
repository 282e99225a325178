"""Timestamps and durations as text, and the calendar: all in integers of nanoseconds.

Timestamps are RFC 3339; durations are written `1h45m30.5s`. Zones come from the IANA database of the package
`tzdata`, never from the machine, so that an answer is the same everywhere.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from interlock_dsl.cel.values import INT_HIGH, SECOND, Duration, Fault, Timestamp

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_TIMESTAMP: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_PART: Final = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)")
_UNITS: Final = {
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000,
    "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND,
}  # fmt: skip
_OFFSET: Final = re.compile(r"([+-]?)([0-9]{1,2}):([0-9]{2})")
_ZONE_NAME: Final = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")
_DAY: Final = 86_400
_DAYS_IN_400_YEARS: Final = 146_097


class Moment(NamedTuple):
    """A timestamp on the calendar and clock of a zone."""

    year: int
    month: int
    day: int
    day_of_week: int
    day_of_year: int
    seconds: int
    nanoseconds: int


def read_timestamp(text: str) -> Timestamp:
    """Return the timestamp that RFC 3339 text says, to the nanosecond; anything else is a `Fault`."""
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        raise _unreadable(text, "timestamp", "2026-01-31T23:59:59Z")
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    if year == 0:
        raise Fault("time-range", f'"{text}" lies before the year 0001')
    offset_hours, offset_minutes = int(found[9] or 0), int(found[10] or 0)
    in_clock = hour < 24 and minute < 60 and second < 60 and offset_hours < 24 and offset_minutes < 60
    if not (1 <= month <= 12 and 1 <= day <= _days_in(year, month) and in_clock):
        raise _unreadable(text, "timestamp", "2026-01-31T23:59:59Z")
    offset = (offset_hours * 60 + offset_minutes) * (-60 if found[8] == "-" else 60)
    seconds = days_from_civil(year, month, day) * _DAY + hour * 3600 + minute * 60 + second - offset
    return Timestamp.of(seconds, int((found[7] or "")[:9].ljust(9, "0")))


def timestamp_text(moment: Timestamp) -> str:
    """Return a timestamp as RFC 3339 text in UTC, without needless zeros."""
    at = in_zone(moment, 0)
    hours, rest = divmod(at.seconds, 3600)
    clock = f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{at.year:04d}-{at.month:02d}-{at.day:02d}T{clock}{_fraction(at.nanoseconds)}Z"


def read_duration(text: str) -> Duration:
    """Return the duration that text such as `1h45m`, `-1.5s` or `0` says; anything else is a `Fault`."""
    if len(text) > 100:
        raise _unreadable(text, "duration", "1h30m")
    sign = -1 if text[:1] == "-" else 1
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return Duration(0)
    total, at = 0, 0
    while at < len(rest):
        part = _PART.match(rest, at)
        if part is None or not (part[1] or part[2]):
            raise _unreadable(text, "duration", "1h30m")
        unit = _UNITS[part[3]]
        total += int(part[1] or 0) * unit
        if part[2]:
            total += int(part[2]) * unit // 10 ** len(part[2])
        at = part.end()
    if not rest:
        raise _unreadable(text, "duration", "1h30m")
    if total > INT_HIGH + (sign < 0):
        raise Fault("time-range", f'the duration "{text}" is longer than about 292 years')
    return Duration(sign * total)


def duration_text(length: Duration) -> str:
    """Return a duration in seconds, as `6347s` or `-0.25s`."""
    seconds, rest = divmod(abs(length.nanoseconds), SECOND)
    return f"{'-' if length.nanoseconds < 0 else ''}{seconds}{_fraction(rest)}s"


def offset_at(moment: Timestamp, zone: str) -> int:
    """Return by how many seconds a zone, `Europe/Berlin` or `+05:30`, is ahead of UTC; unknown ones are a `Fault`."""
    fixed = _OFFSET.fullmatch(zone)
    if fixed is not None:
        hours, minutes = int(fixed[2]), int(fixed[3])
        if hours < 24 and minutes < 60:
            return (hours * 60 + minutes) * (-60 if fixed[1] == "-" else 60)
    if zone in ("", "UTC"):
        return 0
    return _named_offset(_zone(zone), moment.nanoseconds // SECOND)


def in_zone(moment: Timestamp, offset: int) -> Moment:
    """Return what calendar and clock show where they are `offset` seconds ahead of UTC."""
    seconds, nanoseconds = divmod(moment.nanoseconds, SECOND)
    days, clock = divmod(seconds + offset, _DAY)
    year, month, day = civil_from_days(days)
    return Moment(year, month, day, (days + 4) % 7, days - days_from_civil(year, 1, 1), clock, nanoseconds)


def days_from_civil(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date of the Gregorian calendar."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * _DAYS_IN_400_YEARS + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Return year, month and day, so many days after 1970-01-01."""
    era, of_era = divmod(days + 719_468, _DAYS_IN_400_YEARS)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return era * 400 + year + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _fraction(nanoseconds: int) -> str:
    return f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""


def _named_offset(zone: "ZoneInfo", seconds: int) -> int:
    from datetime import datetime, timedelta

    # At the ends of the calendar the local time would leave it; 400 years away the calendar is the same.
    if seconds < -62_135_596_800 + _DAY:
        seconds += _DAYS_IN_400_YEARS * _DAY
    elif seconds > 253_402_300_799 - _DAY:
        seconds -= _DAYS_IN_400_YEARS * _DAY
    utc = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    offset = zone.fromutc(utc.replace(tzinfo=zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


@lru_cache(maxsize=64)
def _zone(name: str) -> "ZoneInfo":
    from importlib.resources import files
    from zoneinfo import ZoneInfo

    if len(name) <= 64 and _ZONE_NAME.fullmatch(name):
        try:
            with files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as data:
                return ZoneInfo.from_file(data, key=name)
        except (OSError, ValueError):
            pass
    raise Fault("bad-time-zone", f'"{name[:64]}" is neither a time zone of the IANA database nor an offset like +01:00')


def _unreadable(text: str, kind: str, example: str) -> Fault:
    shown = text if len(text) <= 40 else text[:37] + "..."
    return Fault("bad-conversion", f'"{shown}" cannot be read as {kind}, which is written like {example}')
