"""The math library: extremes, rounding, signs, bits of 64."""

import math
from typing import Final

from interlock_dsl.cel.library.declare import plain
from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.types import BOOL, DOUBLE, DYN, INT, UINT, ListType, Type
from interlock_dsl.cel.units import linear
from interlock_dsl.cel.values import INT_HIGH, UINT_HIGH, Fault, UInt, adapt, is_number, order, type_name

_NUMBERS: Final[tuple[tuple[str, Type], ...]] = (("int", INT), ("uint", UINT), ("double", DOUBLE))


def greatest(first: object, second: object) -> object:
    """Return the larger of two numbers of any kinds; the first where they are level."""
    return first if _compare(first, second) >= 0 else second


def least(first: object, second: object) -> object:
    """Return the smaller of two numbers of any kinds; the first where they are level."""
    return first if _compare(first, second) <= 0 else second


def _compare(first: object, second: object) -> int:
    found = order(first, second)
    if found is None:
        raise Fault("not-a-number", "NaN is neither larger nor smaller than a number")
    return found


def _extreme(name: str, of_two: object) -> tuple[Overload, ...]:
    choose = greatest if of_two is greatest else least

    def of_list(numbers: list[object]) -> object:
        if not numbers:
            raise Fault("bad-argument", f"math.{name} of an empty list has no value")
        chosen = adapt(numbers[0])
        for number in map(adapt, numbers):
            if not is_number(number):
                raise Fault("no-such-overload", f"math.{name} takes numbers, not {type_name(number)}")
            chosen = choose(chosen, number)
        return chosen

    return (
        *(plain(f"math_{name}_{a}", (one,), one, _same) for a, one in _NUMBERS),
        *(
            plain(f"math_{name}_{a}_{b}", (one, other), one if a == b else DYN, choose)
            for a, one in _NUMBERS
            for b, other in _NUMBERS
        ),
        *(plain(f"math_{name}_list_{a}", (ListType(one),), one, of_list, linear) for a, one in _NUMBERS),
        plain(f"math_{name}_list", (ListType(DYN),), DYN, of_list, linear),
    )


def _same(value: object) -> object:
    return value


def _ceil(number: float) -> float:
    return math.copysign(float(math.ceil(number)), number) if math.isfinite(number) else number


def _floor(number: float) -> float:
    return math.copysign(float(math.floor(number)), number) if math.isfinite(number) else number


def _trunc(number: float) -> float:
    return math.copysign(float(math.trunc(number)), number) if math.isfinite(number) else number


def _round(number: float) -> float:
    """Round to the nearest whole number, halves away from zero."""
    if not math.isfinite(number) or abs(number) >= 2.0**52:
        return number
    whole = math.floor(abs(number))
    return math.copysign(float(whole + (abs(number) - whole >= 0.5)), number)


def _abs_int(number: int) -> int:
    if number == -INT_HIGH - 1:
        raise Fault("overflow", "the absolute value of the lowest int is no int")
    return abs(number)


def _sign_double(number: float) -> float:
    return number if number == 0 or number != number else math.copysign(1.0, number)


def _sqrt(number: float) -> float:
    return math.sqrt(number) if number >= 0 else math.nan


def _signed(bits: int) -> int:
    bits &= UINT_HIGH
    return bits - 2**64 if bits > INT_HIGH else bits


def _by(offset: int) -> int:
    if offset < 0:
        raise Fault("bad-argument", f"bits are not shifted by a negative number, {offset}")
    return min(offset, 64)


FUNCTIONS: Final = (
    Function("math.greatest", _extreme("greatest", greatest)),
    Function("math.least", _extreme("least", least)),
    Function("math.ceil", (plain("math_ceil_double", (DOUBLE,), DOUBLE, _ceil),)),
    Function("math.floor", (plain("math_floor_double", (DOUBLE,), DOUBLE, _floor),)),
    Function("math.round", (plain("math_round_double", (DOUBLE,), DOUBLE, _round),)),
    Function("math.trunc", (plain("math_trunc_double", (DOUBLE,), DOUBLE, _trunc),)),
    Function("math.isNaN", (plain("math_isNaN_double", (DOUBLE,), BOOL, math.isnan),)),
    Function("math.isInf", (plain("math_isInf_double", (DOUBLE,), BOOL, math.isinf),)),
    Function("math.isFinite", (plain("math_isFinite_double", (DOUBLE,), BOOL, math.isfinite),)),
    Function(
        "math.abs",
        (
            plain("math_abs_int", (INT,), INT, _abs_int),
            plain("math_abs_uint", (UINT,), UINT, _same),
            plain("math_abs_double", (DOUBLE,), DOUBLE, abs),
        ),
    ),
    Function(
        "math.sign",
        (
            plain("math_sign_int", (INT,), INT, lambda number: (number > 0) - (number < 0)),
            plain("math_sign_uint", (UINT,), UINT, lambda number: UInt(number > 0)),
            plain("math_sign_double", (DOUBLE,), DOUBLE, _sign_double),
        ),
    ),
    Function(
        "math.sqrt",
        (
            plain("math_sqrt_double", (DOUBLE,), DOUBLE, _sqrt),
            plain("math_sqrt_int", (INT,), DOUBLE, _sqrt),
            plain("math_sqrt_uint", (UINT,), DOUBLE, _sqrt),
        ),
    ),
    Function(
        "math.bitAnd",
        (
            plain("math_bitAnd_int_int", (INT, INT), INT, lambda a, b: a & b),
            plain("math_bitAnd_uint_uint", (UINT, UINT), UINT, lambda a, b: UInt(a & b)),
        ),
    ),
    Function(
        "math.bitOr",
        (
            plain("math_bitOr_int_int", (INT, INT), INT, lambda a, b: a | b),
            plain("math_bitOr_uint_uint", (UINT, UINT), UINT, lambda a, b: UInt(a | b)),
        ),
    ),
    Function(
        "math.bitXor",
        (
            plain("math_bitXor_int_int", (INT, INT), INT, lambda a, b: a ^ b),
            plain("math_bitXor_uint_uint", (UINT, UINT), UINT, lambda a, b: UInt(a ^ b)),
        ),
    ),
    Function(
        "math.bitNot",
        (
            plain("math_bitNot_int", (INT,), INT, lambda a: ~a),
            plain("math_bitNot_uint", (UINT,), UINT, lambda a: UInt(a ^ UINT_HIGH)),
        ),
    ),
    Function(
        "math.bitShiftLeft",
        (
            plain("math_bitShiftLeft_int_int", (INT, INT), INT, lambda a, n: _signed(a << _by(n))),
            plain("math_bitShiftLeft_uint_int", (UINT, INT), UINT, lambda a, n: UInt((a << _by(n)) & UINT_HIGH)),
        ),
    ),
    Function(
        "math.bitShiftRight",
        (
            plain("math_bitShiftRight_int_int", (INT, INT), INT, lambda a, n: _signed((a & UINT_HIGH) >> _by(n))),
            plain("math_bitShiftRight_uint_int", (UINT, INT), UINT, lambda a, n: UInt(a >> _by(n))),
        ),
    ),
)
