"""A value to begin with."""

from collections.abc import Mapping
from typing import cast

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
            return completed({name: sample(field.type) for name, field in fields.items() if not field.optional}, type)
        case Basic(name) if name in _SAMPLES:
            return _SAMPLES[name]
        case _:
            raise TypeError(f"`{type}` has no form in JSON")


def completed(record: dict[str, object], type: RecordType) -> dict[str, object]:
    """Return a record with the optional fields that it has by its type's cases, smallest values where they lack."""
    if type.cases is None:
        return record
    present = dict(type.cases.present).get(cast("str | bool", record.get(type.cases.field)), frozenset())
    told = frozenset[str]().union(*(names for _, names in type.cases.present))
    kept = {name: value for name, value in record.items() if name in present or name not in told}
    return {**kept, **{name: sample(type.fields[name].type) for name in type.fields if name in present - kept.keys()}}


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
