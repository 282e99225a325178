"""Between a declared type and what a Python function takes and gives.

A function gets points in time as `datetime`, lengths of time as `timedelta`, bytes as `bytes`, the rest as JSON has it,
and may return these, dataclasses, pydantic models and enums.
"""

import dataclasses
import enum
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel

from interlock_dsl.cel.values import Duration, Timestamp, UInt
from interlock_dsl.schema.forms import plain

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

    Raises ValueError for a datetime without a time zone.
    """
    match value:
        case enum.Enum():
            return to_json(value.value)
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {key: to_json(item) for key, item in value.items()}
        case list() | tuple():
            return [to_json(item) for item in value]
        case BaseModel():
            return to_json(value.model_dump())
        case datetime():
            if value.utcoffset() is None:
                raise ValueError(f"{value.isoformat()} has no time zone, so it is no point in time")
            return plain(Timestamp.from_datetime(value))
        case timedelta():
            return plain(Duration.from_timedelta(value))
        case bytes():
            return plain(value)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
        case _:
            return value
