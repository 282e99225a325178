"""Between values and their domains: a constant as a domain, the constants of a small domain."""

from collections.abc import Mapping

from interlock_dsl.analysis.values.domain import ANYTHING, Choice, Domain, Kind, Numbers, Perhaps, Sized, Text
from interlock_dsl.cel.types import DYN
from interlock_dsl.cel.values import Duration, Optional, Timestamp, UInt

FEW = 16
"""Domains of up to so many values are gone through one by one."""


def point(value: object) -> Domain:
    """Return the domain that holds a value, and as little else as can be said."""
    if type(value) is int:
        return Numbers("int", value, value)  # by far the most
    match value:
        case bool() | str() | None:
            return Choice(frozenset({value}))
        case UInt():
            return Numbers("uint", int(value), int(value))
        case int():
            return Numbers("int", value, value)
        case float():
            if value != value:
                return Numbers("double", float("inf"), float("-inf"), nan=True)
            return Numbers("double", value, value)
        case Timestamp():
            return Numbers("timestamp", value.nanoseconds, value.nanoseconds)
        case Duration():
            return Numbers("duration", value.nanoseconds, value.nanoseconds)
        case bytes():
            return Sized("bytes", len(value), len(value))
        case list() | tuple():
            having = frozenset(item for item in value if type(item) in (str, int, bool))
            alike = len({type(item) for item in value}) <= 1
            return Sized("list", len(value), len(value), DYN, having if alike else frozenset())
        case Mapping():
            return Sized("map", len(value), len(value))
        case Optional():
            return (
                Perhaps(point(value.value), some=True, none=False) if value.present else Perhaps(ANYTHING, some=False)
            )
        case _:
            return ANYTHING


def value_of(kind: Kind, number: float) -> object:
    """Return a number of a kind as the value it is."""
    match kind:
        case "uint":
            return UInt(int(number))
        case "double":
            return float(number)
        case "timestamp":
            return Timestamp(int(number))
        case "duration":
            return Duration(int(number))
        case _:
            return int(number)


def constants(found: Domain) -> list[object] | None:
    """Return the values of a domain if they are few and known, else None."""
    match found:
        case Choice(values):
            return list(values) if len(values) <= FEW else None
        case Numbers(kind, low, high, nan=False, without=without):
            if low == high:
                return [value_of(kind, low)]
            if kind in ("int", "uint") and high - low < FEW:
                return [value_of(kind, n) for n in range(int(low), int(high) + 1) if n not in without]
            return None
        case Text(low=0, high=0):
            return [""]
        case Perhaps(some=False, none=True):
            return [Optional()]
        case _:
            return None


def contains(found: Domain, value: object) -> bool:
    """Say whether a value may be in a domain: False is certain."""
    match found:
        case Choice(values):
            return any(type(value) is type(one) and value == one for one in values)
        case Text():
            return found.allows(value)
        case Numbers(kind, low, high, nan, without):
            return _is_number(kind, low, high, nan, without, value)
        case Sized(kind="list"):
            return isinstance(value, list | tuple) and _holds(found, list(value))
        case Sized(kind="map"):
            return isinstance(value, Mapping) and found.low <= len(value) <= found.high
        case Sized(kind="bytes"):
            return isinstance(value, bytes) and found.low <= len(value) <= found.high
        case Perhaps():
            if not isinstance(value, Optional):
                return False
            return found.some and contains(found.of, value.value) if value.present else found.none
        case _:
            return found is ANYTHING


def _is_number(kind: Kind, low: float, high: float, nan: bool, without: frozenset[float], value: object) -> bool:
    match kind, value:
        case ("timestamp", Timestamp(nanoseconds=nanoseconds)) | ("duration", Duration(nanoseconds=nanoseconds)):
            number: float = nanoseconds
        case ("uint", UInt()):
            number = int(value)
        case ("int", int()) if type(value) is int:
            number = value
        case ("double", float()):
            if value != value:
                return nan
            number = value
        case _:
            return False
    return low <= number <= high and number not in without


def _holds(found: Sized, items: list[object]) -> bool:
    within = found.low <= len(items) <= found.high
    held = all(any(type(item) is type(one) and item == one for item in items) for one in found.having)
    return within and held and not any(type(item) is type(no) and item == no for item in items for no in found.lacking)
