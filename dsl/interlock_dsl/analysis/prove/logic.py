"""Formulas whose constants are Python's: what is known while a question is encoded costs the solver nothing."""

from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

import z3

Bool: TypeAlias = bool | z3.BoolRef
Whole: TypeAlias = int | z3.ArithRef
Real: TypeAlias = Fraction | z3.ArithRef


def conj(*parts: Bool) -> Bool:
    """Return whether all parts hold."""
    kept = [part for part in parts if part is not True]
    if any(part is False for part in kept):
        return False
    return True if not kept else kept[0] if len(kept) == 1 else z3.And(*kept)


def disj(*parts: Bool) -> Bool:
    """Return whether one of the parts holds."""
    kept = [part for part in parts if part is not False]
    if any(part is True for part in kept):
        return True
    return False if not kept else kept[0] if len(kept) == 1 else z3.Or(*kept)


def neg(part: Bool) -> Bool:
    """Return whether a part does not hold."""
    return (not part) if isinstance(part, bool) else z3.Not(part)


def implies(one: Bool, other: Bool) -> Bool:
    """Return whether the second part holds where the first does."""
    return disj(neg(one), other)


def same(one: Bool, other: Bool) -> Bool:
    """Return whether two parts hold together or not at all."""
    if isinstance(one, bool):
        return other if one else neg(other)
    if isinstance(other, bool):
        return one if other else neg(one)
    return one == other


def either(condition: Bool, one: Bool, other: Bool) -> Bool:
    """Return the one part where the condition holds, else the other."""
    if isinstance(condition, bool):
        return one if condition else other
    return disj(conj(condition, one), conj(neg(condition), other))


def pick(condition: Bool, one: Whole, other: Whole) -> Whole:
    """Return the one whole number where the condition holds, else the other."""
    if isinstance(condition, bool):
        return one if condition else other
    if isinstance(one, int) and isinstance(other, int) and one == other:
        return one
    return z3.If(condition, one, other)


def pick_real(condition: Bool, one: Real, other: Real) -> Real:
    """Return the one real number where the condition holds, else the other."""
    if isinstance(condition, bool):
        return one if condition else other
    return z3.If(condition, real(one, condition.ctx), real(other, condition.ctx))


def real(number: Real, context: z3.Context) -> z3.ArithRef:
    """Return a real number as a term."""
    return z3.RealVal(f"{number.numerator}/{number.denominator}", context) if isinstance(number, Fraction) else number


def to_real(number: Whole) -> Real:
    """Return a whole number as a real one."""
    return Fraction(number) if isinstance(number, int) else z3.ToReal(number)


def within(number: Whole, low: int | None, high: int | None) -> Bool:
    """Return whether a whole number lies between two bounds, both included; None is no bound."""
    return conj(True if low is None else number >= low, True if high is None else number <= high)


def total(numbers: Iterable[Whole]) -> Whole:
    """Return the sum of whole numbers."""
    found: Whole = 0
    for number in numbers:
        found = number if isinstance(found, int) and found == 0 else found + number
    return found
