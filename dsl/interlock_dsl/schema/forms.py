"""JSON out, and a value to begin with."""

from collections.abc import Mapping
from typing import cast

from interlock_dsl.cel.library.instants import duration_text, timestamp_text
from interlock_dsl.cel.types import (
    Basic,
    DoubleType,
    IntType,
    ListType,
    MapType,
    RecordType,
    StringType,
    Type,
    UintType,
)
from interlock_dsl.cel.values import Duration, Timestamp, UInt
from interlock_dsl.schema.scalars import write_bytes


def dump(type: Type, value: object) -> object:
    """Return the JSON value that stands for a value of a type: the inverse of `fit`."""
    match type:
        case RecordType(fields=fields) if isinstance(value, Mapping):
            return {str(name): dump(fields[name].type, item) for name, item in value.items() if name in fields}
        case ListType(element) if isinstance(value, list | tuple):
            return [dump(element, item) for item in value]
        case MapType(key, inner) if isinstance(value, Mapping):
            return {_key(dump(key, name)): dump(inner, item) for name, item in value.items()}
        case _:
            return plain(value)


def plain(value: object) -> object:
    """Return the JSON value that stands for a value whose type is not known."""
    match value:
        case UInt():
            return int(value)
        case None | bool() | int() | float() | str():
            return value
        case Timestamp():
            return timestamp_text(value)
        case Duration():
            return duration_text(value)
        case bytes():
            return write_bytes(value)
        case Mapping():
            return {_key(plain(name)): plain(item) for name, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            raise TypeError(f"a {value.__class__.__name__} has no form in JSON")


def _key(key: object) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(key)


def sample(type: Type) -> object:
    """Return a smallest value of a type: the number nearest to zero, no text, no items, the required fields."""
    match type:
        case IntType(low, high):
            return _nearest_zero(low, high)
        case UintType(low, high):
            return UInt(_nearest_zero(low, high))
        case DoubleType(low, high):
            return float(_nearest_zero(low, high))
        case StringType(values=values):
            return values[0] if values else ""
        case ListType():
            return []
        case MapType():
            return {}
        case RecordType(fields=fields):
            return {name: sample(field.type) for name, field in fields.items() if not field.optional}
        case Basic(name) if name in _SAMPLES:
            return _SAMPLES[name]
        case _:
            raise TypeError(f"`{type}` has no form in JSON")


_SAMPLES: Mapping[str, object] = {
    "dyn": None,
    "null_type": None,
    "bool": False,
    "bytes": b"",
    "timestamp": Timestamp(0),
    "duration": Duration(0),
}


def _nearest_zero(low: float | None, high: float | None) -> int:
    return cast(int, max(0 if low is None else low, 0) if high is None or high >= 0 else high)
