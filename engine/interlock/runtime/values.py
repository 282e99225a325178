"""Between a declared type and what a Python function takes and gives.

A function gets points in time as `datetime`, lengths of time as `timedelta`, bytes as `bytes`, the rest as JSON has it,
and may return these, dataclasses, pydantic models and enums.
"""

import dataclasses
import enum
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel

from interlock_dsl.cel.types import DYN
from interlock_dsl.cel.values import Duration, Timestamp, UInt
from interlock_dsl.schema import encode


class NoTimeZoneError(ValueError):
    """A datetime does not say in which time zone it is."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_host(value: object) -> object:
    """Return what a function is given for a value of the language."""
    match value:
        case UInt():
            return int(value)
        case Timestamp():
            return _EPOCH + timedelta(microseconds=value.nanoseconds // 1000)
        case Duration():
            return timedelta(microseconds=value.nanoseconds // 1000)
        case Mapping():
            return {key: to_host(item) for key, item in value.items()}
        case list() | tuple():
            return [to_host(item) for item in value]
        case _:
            return value


def to_json(value: object) -> object:
    """Return the JSON form of what a function returned; what has none is left for the check that follows to refuse.

    Raises `NoTimeZoneError`, and whatever the value itself raises while it is read.
    """
    return encode(DYN, value.value if isinstance(value, enum.Enum) else value, _of_the_language)


def _of_the_language(value: object) -> object:
    match value:
        case enum.Enum():
            return value.value
        case BaseModel():
            return value.model_dump()
        case datetime():
            if value.utcoffset() is None:
                raise NoTimeZoneError("a datetime has no time zone, so it is no point in time")
            return Timestamp.from_datetime(value)
        case timedelta():
            return Duration.from_timedelta(value)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        case _:
            return value
