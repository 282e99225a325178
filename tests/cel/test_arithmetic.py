"""Integers of 64 bits against Python's unbounded ones; doubles against IEEE 754."""

import math
import struct

from hypothesis import example, given
from hypothesis import strategies as st

from cel.running import evaluate
from interlock_dsl.cel import EvaluationError, UInt

INTS = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63), 2**53, 2**53 + 1])
UINTS = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**64 - 1, 2**63])
OPERATORS = st.sampled_from(["+", "-", "*", "/", "%"])


def true_result(operator: str, a: int, b: int) -> int | None:
    """The mathematical result; None where there is none."""
    match operator:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
    if b == 0:
        return None
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return quotient if operator == "/" else a - quotient * b


def value_or_none(text: str, **bindings: object) -> object:
    try:
        return evaluate(text, **bindings)
    except EvaluationError as error:
        assert error.code in ("overflow", "division-by-zero"), error
        return None


@given(OPERATORS, INTS, INTS)
@example("%", -(2**63), -1)
@example("/", -(2**63), -1)
def test_ints_are_right_or_an_error(operator: str, a: int, b: int) -> None:
    expected = true_result(operator, a, b)
    if expected is None or not -(2**63) <= expected < 2**63 or (operator == "%" and (a, b) == (-(2**63), -1)):
        expected = None
    found = value_or_none(f"a {operator} b", a=a, b=b)
    assert found == expected
    assert found is None or type(found) is int


@given(OPERATORS, UINTS, UINTS)
def test_uints_are_right_or_an_error(operator: str, a: int, b: int) -> None:
    expected = true_result(operator, a, b)
    if expected is not None and not 0 <= expected < 2**64:
        expected = None
    found = value_or_none(f"a {operator} b", a=UInt(a), b=UInt(b))
    assert found == expected
    assert found is None or type(found) is UInt


@given(INTS)
def test_a_sign_negates_or_overflows(a: int) -> None:
    assert value_or_none("-a", a=a) == (-a if a != -(2**63) else None)


@given(st.floats(), st.floats())
@example(1.0, -0.0)
@example(0.0, 0.0)
def test_doubles_divide_as_ieee_754_says(a: float, b: float) -> None:
    found = evaluate("a / b", a=a, b=b)
    assert isinstance(found, float)
    if b != 0:
        expected = a / b
    elif a == 0 or math.isnan(a):
        expected = math.nan
    else:
        expected = math.inf * math.copysign(1, a) * math.copysign(1, b)
    assert struct.pack("d", found) == struct.pack("d", expected) or (math.isnan(found) and math.isnan(expected))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_survives_being_text(a: float) -> None:
    assert evaluate("double(string(a))", a=a) == a
    assert evaluate("double('%s'.format([a]))", a=a) == a


@given(INTS, UINTS, st.floats())
def test_conversions_keep_the_number_or_fail(a: int, u: int, d: float) -> None:
    for text, bindings, number in (
        ("int(u)", {"u": UInt(u)}, u),
        ("uint(a)", {"a": a}, a),
        ("int(d)", {"d": d}, math.trunc(d) if math.isfinite(d) else None),
        ("uint(d)", {"d": d}, math.trunc(d) if math.isfinite(d) and d >= 0 else None),
    ):
        try:
            assert evaluate(text, **bindings) == number
        except EvaluationError as error:
            assert error.code == "bad-conversion"
            low, high = (0, 2**64) if text.startswith("uint") else (-(2**63), 2**63)
            assert number is None or not low <= number < high or number == low
