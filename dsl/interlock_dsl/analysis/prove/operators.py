"""Arithmetic, comparisons and `in`."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

import z3

from interlock_dsl.analysis.prove import access
from interlock_dsl.analysis.prove.compare import before, equal
from interlock_dsl.analysis.prove.logic import Bool, Real, Whole, conj, disj, neg, pick, real, within
from interlock_dsl.analysis.prove.shapes import (
    Double,
    Items,
    Number,
    Opaque,
    Term,
    Text,
    Truth,
    Value,
    where,
)
from interlock_dsl.analysis.prove.space import LARGEST, Space
from interlock_dsl.analysis.prove.terms import NO_OVERLOAD, boolean, each, truth_of, unknown
from interlock_dsl.cel.types import BOOL, DOUBLE, STRING, Type
from interlock_dsl.cel.values import INT_HIGH, INT_LOW, TIMESTAMP_HIGH, TIMESTAMP_LOW, UINT_HIGH

_LIMITS: Final[Mapping[str, tuple[int, int, str]]] = {
    "int": (INT_LOW, INT_HIGH, "overflow"),
    "uint": (0, UINT_HIGH, "overflow"),
    "duration": (INT_LOW, INT_HIGH, "time-range"),
    "timestamp": (TIMESTAMP_LOW, TIMESTAMP_HIGH, "time-range"),
}
_ORDER: Final[Mapping[str, tuple[bool, bool]]] = {
    "_<_": (False, False),
    "_<=_": (False, True),
    "_>_": (True, False),
    "_>=_": (True, True),
}
"""Whether the sides are swapped, and whether level counts."""
_KINDS: Final[Mapping[tuple[str, str, str], str]] = {
    ("_+_", "duration", "duration"): "duration",
    ("_+_", "timestamp", "duration"): "timestamp",
    ("_+_", "duration", "timestamp"): "timestamp",
    ("_-_", "duration", "duration"): "duration",
    ("_-_", "timestamp", "duration"): "timestamp",
    ("_-_", "timestamp", "timestamp"): "duration",
}
OPERATORS: Final = frozenset(
    ("!_", "-_", "_==_", "_!=_", "@in", "_+_", "_-_", "_*_", "_/_", "_%_", *_ORDER),
)
_CLOSE = Fraction(1, 2**52)
"""How far a result is from the real one at most, in parts of it: twice what rounding does."""
_LEAST = Fraction(1, 2**1073)


def operate(space: Space, name: str, terms: Sequence[Term], type: Type) -> Term:
    """Return the term of an operator; `type` is that of the result, where it is known."""
    match name:
        case "!_":
            term = boolean(space, terms[0])
            return Term(Truth(neg(truth_of(term))), term.fails)
        case "_==_" | "_!=_":
            wanted = name == "_==_"
            return each(terms, lambda a, b: Term(Truth(equal(space, a, b) if wanted else neg(equal(space, a, b)))))
        case "@in":
            return each(terms, lambda item, among: _contained(space, item, among))
        case "-_":
            return each(terms, lambda value: _negated(space, value, type))
    if name in _ORDER:
        return each(terms, lambda a, b: _ordered(space, name, a, b))
    return each(terms, lambda a, b: _arithmetic(space, name, a, b, type))


def _ordered(space: Space, name: str, left: Value, right: Value) -> Term:
    swapped, level = _ORDER[name]
    one, other = (right, left) if swapped else (left, right)
    if isinstance(left, Opaque) or isinstance(right, Opaque):
        return unknown(space, BOOL)
    found = before(space, one, other, level=level)
    return NO_OVERLOAD if found is None else Term(Truth(found))


def _contained(space: Space, item: Value, among: Value) -> Term:
    match among:
        case Items():
            known = [conj(slot.present, equal(space, item, slot.value)) for slot in among.items]
            if among.rest is not None:
                known.append(access.holds(space, among.rest, item))
            return Term(Truth(disj(*known)))
        case Opaque():
            return unknown(space, BOOL)
        case _:
            slot = access.looked_up(space, among, item)
            return NO_OVERLOAD if slot is None else Term(Truth(slot.present))


def _negated(space: Space, value: Value, type: Type) -> Term:
    match value:
        case Number("int", term):
            return limited("int", -term)
        case Double(term, nan):
            return Term(Double(-term, nan))
        case Opaque():
            return unknown(space, type)
        case _:
            return NO_OVERLOAD


def limited(kind: str, term: Whole) -> Term:
    """Return a whole number that may lie beyond the limits of its kind, and then has no value."""
    low, high, code = _LIMITS[kind]
    fails = where(neg(within(term, low, high)), {code: True})
    match kind:
        case "int" | "uint" | "timestamp" | "duration":
            return Term(Number(kind, term), fails)
    raise AssertionError(kind)


def _arithmetic(space: Space, name: str, left: Value, right: Value, type: Type) -> Term:
    match left, right:
        case Number(), Number():
            return _whole(name, left, right)
        case Double(), Double():
            return _double(space, name, left, right)
        case Text(kind=one), Text(kind=other) if name == "_+_" and one == other:
            return _concatenated(space, left, right)
        case Items(), Items() if name == "_+_":
            if left.rest is not None and (right.items or right.rest is not None):
                return unknown(space, type)
            packed = left.packed and (right.packed or not right.items) and all(s.present is True for s in left.items)
            return Term(Items((*left.items, *right.items), left.rest or right.rest, packed))
        case (Opaque(), _) | (_, Opaque()):
            return unknown(space, type)
        case _:
            return NO_OVERLOAD


def _whole(name: str, left: Number, right: Number) -> Term:
    kind = _KINDS.get((name, left.kind, right.kind))
    if kind is None:
        if left.kind != right.kind or left.kind not in ("int", "uint"):
            return NO_OVERLOAD
        kind = left.kind
    one, other = left.term, right.term
    match name:
        case "_+_":
            return limited(kind, one + other)
        case "_-_":
            return limited(kind, one - other)
        case "_*_":
            return limited(kind, one * other)
    zero = {"division-by-zero": other == 0}
    size = quotient if name == "_/_" else _remaining
    result = limited(kind, size(one, other))
    fails: dict[str, Bool] = {code: conj(neg(other == 0), met) for code, met in result.fails.items()}
    if name == "_%_" and kind == "int":
        fails = {"overflow": conj(one == INT_LOW, other == -1)}
    return Term(result.value, where(True, {**zero, **fails}))


def _absolute(term: Whole) -> Whole:
    return abs(term) if isinstance(term, int) else pick(term < 0, -term, term)


def quotient(one: Whole, other: Whole) -> Whole:
    """Return the quotient, towards zero."""
    if isinstance(one, int) and isinstance(other, int):
        if other == 0:
            return 0
        size = abs(one) // abs(other)
        return size if (one < 0) == (other < 0) else -size
    size = _termquotient(_absolute(one), _absolute(other))
    return pick(_alike(one, other), size, -size)


def _remaining(one: Whole, other: Whole) -> Whole:
    if isinstance(one, int) and isinstance(other, int):
        return 0 if other == 0 else (-(abs(one) % abs(other)) if one < 0 else one % abs(other))
    rest = _modulo(_absolute(one), _absolute(other))
    return pick(one < 0, -rest, rest)


def _alike(one: Whole, other: Whole) -> Bool:
    low, less = one < 0, other < 0
    if isinstance(low, bool):
        return less if low else neg(less)
    return low if less is True else neg(low) if less is False else low == less


def _termquotient(one: Whole, other: Whole) -> Whole:
    if isinstance(other, int):
        return 0 if other == 0 else one / other  # the solver's division of whole numbers
    return (z3.IntVal(one, other.ctx) if isinstance(one, int) else one) / other


def _modulo(one: Whole, other: Whole) -> Whole:
    if isinstance(other, int):
        return 0 if other == 0 else one % other
    return (z3.IntVal(one, other.ctx) if isinstance(one, int) else one) % other


def _double(space: Space, name: str, left: Double, right: Double) -> Term:
    """Return a result near to the real one; of infinities and of what grows beyond all doubles nothing is known."""
    if name == "_%_":
        return NO_OVERLOAD
    key = (name, (access.identity(space, left), access.identity(space, right)))
    if key in space.results:
        return space.results[key]
    found = space.free(DOUBLE)
    assert isinstance(found, Double)
    space.results[key] = Term(found)
    if name == "_/_" and not isinstance(right.term, Fraction):
        return Term(found)
    if name == "_*_" and not isinstance(left.term, Fraction) and not isinstance(right.term, Fraction):
        return Term(found)
    if name == "_/_" and isinstance(right.term, Fraction) and right.term == 0:
        return Term(found)
    exact = _exactly(name, left.term, right.term)
    ordinary = conj(*(conj(neg(x.nan), _below(x.term)) for x in (left, right)), _below(exact))
    size = real(exact, space.context)
    slack = z3.If(size < 0, -size, size) * real(_CLOSE, space.context) + real(_LEAST, space.context)
    near = conj(neg(found.nan), found.term >= size - slack, found.term <= size + slack)
    space.state(disj(neg(ordinary), near))
    return Term(found)


def _exactly(name: str, one: Real, other: Real) -> Real:
    match name:
        case "_+_":
            return one + other
        case "_-_":
            return one - other
        case "_*_":
            return one * other
        case _:
            assert isinstance(other, Fraction)
            return one * (1 / other)


def _below(term: Real) -> Bool:
    if isinstance(term, Fraction):
        return abs(term) <= LARGEST / 2
    most = real(LARGEST / 2, term.ctx)
    return conj(term <= most, term >= -most)


def _concatenated(space: Space, left: Text, right: Text) -> Term:
    texts = space.texts if left.kind == "string" else space.bytes
    one, other = texts.written(left.term), texts.written(right.term)
    if one is not None and other is not None:
        return Term(Text(left.kind, texts.name(one + other)))
    found = space.fresh(STRING) if left.kind == "string" else Text("bytes", space.whole())
    assert isinstance(found, Text)
    space.state(texts.size(found.term) == texts.size(left.term) + texts.size(right.term))
    if one is not None:
        space.state(texts.test("startsWith", found.term, one))
        space.state(disj(neg(texts.size(right.term) == 0), found.term == left.term))
    if other is not None:
        space.state(texts.test("endsWith", found.term, other))
        space.state(disj(neg(texts.size(left.term) == 0), found.term == right.term))
    return Term(found)
