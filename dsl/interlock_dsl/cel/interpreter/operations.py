"""The operators on values, as the specification has them.

Ints and uints that leave 64 bits are a `Fault`, never rounded or wrapped; doubles are IEEE 754 and have no faults;
operands of two types meet only in comparisons.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final

from interlock_dsl.cel.values import (
    INT_HIGH,
    INT_LOW,
    MISSING,
    UINT_HIGH,
    Duration,
    Fault,
    Timestamp,
    UInt,
    equal,
    find,
    order,
    type_name,
)


def overflow(kind: str) -> Fault:
    """Return the fault of a result that does not fit its type."""
    return Fault("overflow", f"the result does not fit {'an int' if kind == 'int' else 'a uint'} of 64 bits")


def no_overload(function: str, *values: object) -> Fault:
    """Return the fault of a call that no overload takes."""
    shown = ", ".join(map(type_name, values))
    return Fault("no-such-overload", f"`{function}` does not take {f'({shown})' if shown else 'no arguments'}")


def to_int(value: int) -> int:
    """Return the value if it is an int of 64 bits, else raise."""
    if INT_LOW <= value <= INT_HIGH:
        return value
    raise overflow("int")


def to_uint(value: int) -> UInt:
    """Return the value as a uint if it is one of 64 bits, else raise."""
    if 0 <= value <= UINT_HIGH:
        return UInt(value)
    raise overflow("uint")


def _quotient(left: int, right: int) -> int:
    if right == 0:
        raise Fault("division-by-zero", "division by zero")
    whole = abs(left) // abs(right)
    return to_int(whole if (left < 0) == (right < 0) else -whole)


def _remainder(left: int, right: int) -> int:
    if right == 0:
        raise Fault("division-by-zero", "remainder of a division by zero")
    if left == INT_LOW and right == -1:
        raise overflow("int")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def _uint_quotient(left: int, right: int) -> UInt:
    if right == 0:
        raise Fault("division-by-zero", "division by zero")
    return UInt(int(left) // int(right))


def _uint_remainder(left: int, right: int) -> UInt:
    if right == 0:
        raise Fault("division-by-zero", "remainder of a division by zero")
    return UInt(int(left) % int(right))


def _double_quotient(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or left != left:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


Binary = Callable[..., object]
_BINARY: Final[dict[tuple[str, type, type], Binary]] = {
    ("_+_", int, int): lambda a, b: to_int(a + b),
    ("_+_", UInt, UInt): lambda a, b: to_uint(int(a) + int(b)),
    ("_+_", float, float): lambda a, b: a + b,
    ("_+_", str, str): lambda a, b: a + b,
    ("_+_", bytes, bytes): lambda a, b: a + b,
    ("_+_", Duration, Duration): lambda a, b: Duration(a.nanoseconds + b.nanoseconds),
    ("_+_", Timestamp, Duration): lambda a, b: Timestamp(a.nanoseconds + b.nanoseconds),
    ("_+_", Duration, Timestamp): lambda a, b: Timestamp(a.nanoseconds + b.nanoseconds),
    ("_-_", int, int): lambda a, b: to_int(a - b),
    ("_-_", UInt, UInt): lambda a, b: to_uint(int(a) - int(b)),
    ("_-_", float, float): lambda a, b: a - b,
    ("_-_", Duration, Duration): lambda a, b: Duration(a.nanoseconds - b.nanoseconds),
    ("_-_", Timestamp, Duration): lambda a, b: Timestamp(a.nanoseconds - b.nanoseconds),
    ("_-_", Timestamp, Timestamp): lambda a, b: Duration(a.nanoseconds - b.nanoseconds),
    ("_*_", int, int): lambda a, b: to_int(a * b),
    ("_*_", UInt, UInt): lambda a, b: to_uint(int(a) * int(b)),
    ("_*_", float, float): lambda a, b: a * b,
    ("_/_", int, int): _quotient,
    ("_/_", UInt, UInt): _uint_quotient,
    ("_/_", float, float): _double_quotient,
    ("_%_", int, int): _remainder,
    ("_%_", UInt, UInt): _uint_remainder,
}


def arithmetic(function: str, left: object, right: object) -> object:
    """Return `left + right` and the like, by the name of the operator's function."""
    operation: Binary | None = _BINARY.get((function, type(left), type(right)))
    if operation is not None:
        return operation(left, right)
    if function == "_+_" and isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return [*left, *right]
    raise no_overload(function.strip("_"), left, right)


def negated(value: object) -> object:
    """Return `-value`."""
    if type(value) is int:
        return to_int(-value)
    if type(value) is float:
        return -value
    raise no_overload("-", value)


def opposite(value: object) -> bool:
    """Return `!value`."""
    if type(value) is bool:
        return not value
    raise no_overload("!", value)


def contained(item: object, among: object) -> bool:
    """Return `item in among`: an item of a list, a key of a map."""
    if isinstance(among, list | tuple):
        return any(equal(item, other) for other in among)
    if isinstance(among, Mapping):
        return find(among, item) is not MISSING
    raise no_overload("in", item, among)


COMPARISONS: Final[Mapping[str, Callable[[object, object], bool]]] = {
    "_==_": equal,
    "_!=_": lambda left, right: not equal(left, right),
    "_<_": lambda left, right: order(left, right) == -1,
    "_<=_": lambda left, right: order(left, right) in (-1, 0),
    "_>_": lambda left, right: order(left, right) == 1,
    "_>=_": lambda left, right: order(left, right) in (0, 1),
}
