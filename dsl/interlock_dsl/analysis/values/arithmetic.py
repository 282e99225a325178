"""Arithmetic and comparisons of intervals, forwards and backwards, with the errors of the language.

Whole numbers are exact: what leaves 64 bits is an error, never a value. Doubles are rounded, and rounding keeps the
order, so that bounds are computed like values.
"""

import math
from typing import Final

from interlock_dsl.analysis.values.domain import (
    LIMITS,
    MOST_CHOICES,
    NOTHING,
    Choice,
    Domain,
    Kind,
    Numbers,
    Sized,
    as_text,
    cut,
    meet,
    numbers,
)
from interlock_dsl.analysis.values.state import Signs

Errors = frozenset[str]
NO_ERRORS: Final[Errors] = frozenset()
OVERFLOW: Final[Errors] = frozenset({"overflow"})
ZERO: Final[Errors] = frozenset({"division-by-zero"})
TIME_RANGE: Final[Errors] = frozenset({"time-range"})
EXACT: Final = 2**53
"""Whole numbers below this are doubles without rounding."""

ALL_SIGNS: Final[Signs] = frozenset({-1, 0, 1, None})
SIGNS: Final[dict[str, Signs]] = {
    "_<_": frozenset({-1}),
    "_<=_": frozenset({-1, 0}),
    "_>_": frozenset({1}),
    "_>=_": frozenset({0, 1}),
    "_==_": frozenset({0}),
    "_!=_": frozenset({-1, 1, None}),
}
"""How the sides compare where the comparison is true."""


def signs_of(left: Domain, right: Domain) -> Signs:
    """Return the ways in which values of two domains can compare; for what has no order, 0 or None."""
    match left, right:
        case Numbers(), Numbers():
            return _number_signs(left, right)
        case Choice(some), Choice(others) if len(some) * len(others) <= MOST_CHOICES:
            return frozenset(_sign(one, other) for one in some for other in others)
        case Sized(), Sized():
            apart = left.high < right.low or right.high < left.low
            apart = apart or bool(left.having & right.lacking) or bool(right.having & left.lacking)
            empty = left.high == 0 and right.high == 0 and left.kind == right.kind
            return frozenset({None}) if apart else frozenset({0} if empty else {0, None})
    one, other = as_text(left), as_text(right)
    if one is None or other is None:
        return ALL_SIGNS
    return ALL_SIGNS - {None} - ({0} if meet(left, right) is NOTHING else set())


def _sign(one: object, other: object) -> int | None:
    if type(one) is not type(other):
        return None
    if one == other:
        return 0
    if isinstance(one, str) and isinstance(other, str):
        return -1 if one < other else 1
    if isinstance(one, bool) and isinstance(other, bool):
        return -1 if one < other else 1
    return None


def _number_signs(left: Numbers, right: Numbers) -> Signs:
    signs: set[int | None] = {None} if left.nan or right.nan else set()
    if left.low > left.high or right.low > right.high:
        return frozenset(signs)
    if left.kind != right.kind and "double" in (left.kind, right.kind) and not (_exact(left) and _exact(right)):
        return frozenset({*signs, -1, 0, 1})
    if left.low < right.high:
        signs.add(-1)
    if left.high > right.low:
        signs.add(1)
    apart = left.low > right.high or left.high < right.low
    apart = apart or (left.low == left.high and left.low in right.without)
    apart = apart or (right.low == right.high and right.low in left.without)
    if not apart:
        signs.add(0)
    return frozenset(signs)


def _exact(found: Numbers) -> bool:
    return found.kind == "double" or (found.low > -EXACT and found.high < EXACT)


def bounded_by(own: Numbers, other: Numbers, signs: Signs) -> Domain:
    """Return what is left of the left side of a comparison that comes out as one of `signs`."""
    if None in signs and other.nan:
        return own
    nan = own.nan and None in signs
    low, high, without = own.low, own.high, own.without
    if not signs - {None}:
        return numbers("double", math.inf, -math.inf) if not nan else Numbers(own.kind, math.inf, -math.inf, True)
    if 1 not in signs:
        high = min(high, _below(own.kind, other.kind, other.high, strict=0 not in signs))
    if -1 not in signs:
        low = max(low, _above(own.kind, other.kind, other.low, strict=0 not in signs))
    if 0 not in signs and other.low == other.high and own.kind == other.kind:
        without = without | {other.low}
    return cut(Numbers(own.kind, low, high, nan, without))


def _below(kind: Kind, of: Kind, bound: float, *, strict: bool) -> float:
    """Return the highest number of a kind that is below (or level with) a bound of a kind."""
    if kind == "double":
        if of != "double" and abs(bound) >= EXACT:
            return math.inf
        return math.nextafter(float(bound), -math.inf) if strict else float(bound)
    if of == "double":
        if abs(bound) >= EXACT:
            return LIMITS[kind][1]
        bound = math.ceil(bound) if strict else math.floor(bound)
    return bound - 1 if strict else bound


def _above(kind: Kind, of: Kind, bound: float, *, strict: bool) -> float:
    if kind == "double":
        if of != "double" and abs(bound) >= EXACT:
            return -math.inf
        return math.nextafter(float(bound), math.inf) if strict else float(bound)
    if of == "double":
        if abs(bound) >= EXACT:
            return LIMITS[kind][0]
        bound = math.floor(bound) if strict else math.ceil(bound)
    return bound + 1 if strict else bound


def operate(function: str, left: Numbers, right: Numbers) -> tuple[Domain, Errors]:
    """Return what `left + right` and the like can come to, and the errors they can end in."""
    kind = _result_kind(function, left.kind, right.kind)
    if left.low > left.high or right.low > right.high:  # only NaN
        return numbers("double", nan=True), NO_ERRORS
    if kind == "double":
        return _doubles(function, left, right), NO_ERRORS
    if function in ("_/_", "_%_"):
        return _divided(function, left, right)
    ends = _ends(function, left, right)
    return _within(kind, min(ends), max(ends))


def _result_kind(function: str, left: Kind, right: Kind) -> Kind:
    if function == "_-_" and left == right == "timestamp":
        return "duration"
    return "timestamp" if "timestamp" in (left, right) else left


def _within(kind: Kind, low: float, high: float) -> tuple[Domain, Errors]:
    least, most = LIMITS[kind]
    errors = (
        NO_ERRORS if least <= low and high <= most else TIME_RANGE if kind in ("timestamp", "duration") else OVERFLOW
    )
    return numbers(kind, low, high), errors


def _ends(function: str, left: Numbers, right: Numbers) -> list[float]:
    match function:
        case "_+_":
            return [left.low + right.low, left.high + right.high]
        case "_-_":
            return [left.low - right.high, left.high - right.low]
        case _:
            return [one * other for one in (left.low, left.high) for other in (right.low, right.high)]


def _doubles(function: str, left: Numbers, right: Numbers) -> Domain:
    finite = all(map(math.isfinite, (left.low, left.high, right.low, right.high)))
    if function == "_/_":
        if not finite or right.low <= 0 <= right.high:
            return numbers("double", nan=True)
        ends = [one / other for one in (left.low, left.high) for other in (right.low, right.high)]
    elif not finite and function == "_*_":
        return numbers("double", nan=True)
    else:
        ends = _ends(function, left, right)
        if any(map(math.isnan, ends)):
            return numbers("double", nan=True)
        if not finite:
            return Numbers("double", min(ends), max(ends), True)
    return Numbers("double", min(ends), max(ends), left.nan or right.nan)


def _divided(function: str, left: Numbers, right: Numbers) -> tuple[Domain, Errors]:
    errors = ZERO if right.low <= 0 <= right.high and 0 not in right.without else NO_ERRORS
    parts = [(max(right.low, 1), right.high), (right.low, min(right.high, -1))]
    divisors = [int(end) for low, high in parts if low <= high for end in (low, high)]
    if not divisors:
        return NOTHING, errors
    least, most = int(left.low), int(left.high)
    if function == "_/_":
        ends = [truncated(n, d) for n in {least, most, *([0] if least <= 0 <= most else [])} for d in divisors]
        found, beyond = _within(left.kind, min(ends), max(ends))
        return found, errors | beyond
    if least == LIMITS["int"][0] and left.kind == "int" and right.low <= -1 <= right.high:
        errors = errors | OVERFLOW
    largest = max(map(abs, divisors)) - 1
    low = -min(largest, -least) if least < 0 else 0
    return numbers(left.kind, low, min(largest, most) if most > 0 else 0), errors


def truncated(number: int, by: int) -> int:
    """Return a quotient, rounded towards zero."""
    whole = abs(number) // abs(by)
    return whole if (number < 0) == (by < 0) else -whole


def negated(found: Numbers) -> tuple[Domain, Errors]:
    """Return what `-x` can come to."""
    if found.kind == "double":
        return Numbers("double", -found.high, -found.low, found.nan), NO_ERRORS
    return _within(found.kind, -found.high, -found.low)


def left_of(function: str, result: Numbers, right: Numbers, kind: Kind) -> Domain | None:
    """Return what the left operand can be for a result and a right operand; None where nothing follows."""
    if "double" in (result.kind, right.kind, kind) or result.low > result.high:
        return None
    match function:
        case "_+_":
            return numbers(kind, result.low - right.high, result.high - right.low)
        case "_-_":
            return numbers(kind, result.low + right.low, result.high + right.high)
        case "_*_" if right.low == right.high != 0:
            by = int(right.low)
            low, high = (result.low, result.high) if by > 0 else (result.high, result.low)
            return numbers(kind, -(-int(low) // by), int(high) // by)
        case "_/_" if right.low == right.high > 0:
            by, low, high = int(right.low), int(result.low), int(result.high)
            return numbers(kind, low * by - (by - 1 if low <= 0 else 0), high * by + (by - 1 if high >= 0 else 0))
        case _:
            return None


def right_of(function: str, result: Numbers, left: Numbers, kind: Kind) -> Domain | None:
    """Return what the right operand can be for a result and a left operand; None where nothing follows."""
    if "double" in (result.kind, left.kind, kind) or result.low > result.high:
        return None
    if function in ("_+_", "_*_"):
        return left_of(function, result, left, kind)
    if function == "_-_":
        return numbers(kind, left.low - result.high, left.high - result.low)
    return None
