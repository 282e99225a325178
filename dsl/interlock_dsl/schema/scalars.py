"""How JSON carries what it has no kind of value for: points in time, lengths of time, bytes.

Timestamps are RFC 3339 text, durations a number of seconds with an `s` (as in JSON of protobuf), bytes base64.
"""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from interlock_dsl.cel.values import SECOND, Duration, Fault, Timestamp

Held = TypeVar("Held", Timestamp, Duration)

_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)
_DURATION = re.compile(r"(-?)(\d{1,10})(?:\.(\d{1,9}))?s", re.ASCII)
_EPOCH = date(1970, 1, 1).toordinal()


def read_timestamp(text: object) -> Timestamp:
    """Return the timestamp that RFC 3339 text stands for; ValueError for anything else."""
    match = _TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("not a timestamp")
    day, hour, minute, second, fraction, sign, hours, minutes = match.groups()
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59 or int(hours or 0) > 23 or int(minutes or 0) > 59:
        raise ValueError("not a timestamp")
    offset = (int(hours or 0) * 60 + int(minutes or 0)) * (-60 if sign == "-" else 60)
    days = date.fromisoformat(day).toordinal() - _EPOCH
    seconds = days * 86_400 + int(hour) * 3_600 + int(minute) * 60 + int(second) - offset
    return _held(Timestamp.of, seconds, _nanoseconds(fraction))


def write_timestamp(moment: Timestamp) -> str:
    """Return RFC 3339 text in UTC, with no more fractional digits than needed."""
    seconds, nanoseconds = divmod(moment.nanoseconds, SECOND)
    shown = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat()
    return shown.removesuffix("+00:00") + _fraction(nanoseconds) + "Z"


def read_duration(text: object) -> Duration:
    """Return the duration that text such as `90s` or `-0.5s` stands for; ValueError for anything else."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("not a duration")
    sign, seconds, fraction = match.groups()
    way = -1 if sign else 1
    return _held(Duration.of, way * int(seconds), way * _nanoseconds(fraction))


def write_duration(length: Duration) -> str:
    """Return the number of seconds followed by `s`."""
    seconds, nanoseconds = divmod(abs(length.nanoseconds), SECOND)
    return f"{'-' if length.nanoseconds < 0 else ''}{seconds}{_fraction(nanoseconds)}s"


def read_bytes(text: object) -> bytes:
    """Return the bytes that base64 text stands for; ValueError for anything else."""
    if not isinstance(text, str):
        raise ValueError("not base64")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error


def write_bytes(data: bytes) -> str:
    """Return base64 text."""
    return base64.b64encode(data).decode()


def _nanoseconds(fraction: str | None) -> int:
    return int((fraction or "").ljust(9, "0"))


def _fraction(nanoseconds: int) -> str:
    return f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""


def _held(make: Callable[[int, int], Held], seconds: int, nanoseconds: int) -> Held:
    try:
        return make(seconds, nanoseconds)
    except Fault as fault:
        raise ValueError(fault.message) from fault
