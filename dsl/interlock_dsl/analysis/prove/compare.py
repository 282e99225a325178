"""Equality, order, membership of a type, and the choice between two values."""

from fractions import Fraction

from interlock_dsl.analysis.prove.logic import (
    Bool,
    Real,
    Whole,
    conj,
    disj,
    either,
    implies,
    neg,
    pick,
    pick_real,
    real,
    same,
    to_real,
    total,
    within,
)
from interlock_dsl.analysis.prove.shapes import (
    Double,
    Items,
    Key,
    Null,
    Number,
    Opaque,
    Perhaps,
    Record,
    Rest,
    Slot,
    Table,
    Text,
    Truth,
    Union,
    Value,
    options,
)
from interlock_dsl.analysis.prove.space import LARGEST, Space
from interlock_dsl.cel.types import (
    DYN,
    Basic,
    DoubleType,
    IntType,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    StringType,
    Type,
    UintType,
)
from interlock_dsl.cel.values import INT_HIGH, INT_LOW, UINT_HIGH

EXACT = 2**53
"""Whole numbers up to here are doubles."""


def equal(space: Space, left: Value, right: Value) -> Bool:
    """Return whether two values are equal, whatever their shapes."""
    return disj(
        *(
            conj(one, other, _equal(space, a, b))
            for one, a in options(left)
            for other, b in options(right)
        )
    )  # fmt: skip


def _equal(space: Space, left: Value, right: Value) -> Bool:
    match left, right:
        case Truth(one), Truth(other):
            return same(one, other)
        case Null(), Null():
            return True
        case (Number(), Number()) if left.kind == right.kind or {left.kind, right.kind} == {"int", "uint"}:
            return left.term == right.term
        case (Number() | Double(), Number() | Double()):
            return _level(space, left, right)
        case Text(kind=one), Text(kind=other):
            return left.term == right.term if one == other else False
        case Record(), Record():
            return _same_entries(space, left, right)
        case Items(), Items():
            return _same_items(space, left, right)
        case Perhaps(), Perhaps():
            there = equal(space, left.value, right.value)
            return conj(same(left.present, right.present), implies(left.present, there))
        case (Opaque(), _) | (_, Opaque()):
            if left is right:
                return space.truth() if _may_hold_nan(left) else True
            return space.truth("equal")
        case (Table(), Table() | Record()) | (Record(), Table()):
            return True if left is right else space.truth("equal")
        case _:
            return False


def _may_hold_nan(value: Value) -> bool:
    return isinstance(value, Opaque) and value.type == DYN


def _level(space: Space, left: Number | Double, right: Number | Double) -> Bool:
    one, other = _as_real(space, left), _as_real(space, right)
    if one is None or other is None:
        return False
    return conj(neg(one.nan), neg(other.nan), one.term == other.term)


def _as_real(space: Space, value: Number | Double) -> Double | None:
    """Return a number as it meets a double; None for what is no number."""
    if isinstance(value, Double):
        return value
    if value.kind not in ("int", "uint"):
        return None
    if isinstance(value.term, int):
        return Double(Fraction(float(value.term)))
    rounded = space.free(DoubleType())
    assert isinstance(rounded, Double)
    space.state(neg(rounded.nan))
    return Double(pick_real(within(value.term, -EXACT, EXACT), to_real(value.term), rounded.term))


def _same_entries(space: Space, left: Record, right: Record) -> Bool:
    keys: tuple[Key, ...] = tuple(dict.fromkeys((*left.keys, *right.keys)))
    parts: list[Bool] = []
    for key in keys:
        one, other = left.slot(key), right.slot(key)
        both = conj(one.present, other.present)
        parts.append(same(one.present, other.present))
        parts.append(implies(both, equal(space, one.value, other.value)) if both is not False else True)
    return conj(*parts)


def _same_items(space: Space, left: Items, right: Items) -> Bool:
    if left is right or (left.rest is not None and left.rest is right.rest and not left.items and not right.items):
        return True
    sizes = space.size(left) == space.size(right)
    if left.packed and right.packed and left.rest is None and right.rest is None:
        pairs = zip(left.items, right.items, strict=False)
        return conj(sizes, *(implies(conj(a.present, b.present), equal(space, a.value, b.value)) for a, b in pairs))
    return conj(sizes, disj(space.size(left) == 0, space.truth("equal")))


def before(space: Space, left: Value, right: Value, *, level: bool) -> Bool | None:
    """Return whether one value is before another (or `level` with it); None where they have no order."""
    match left, right:
        case Truth(one), Truth(other):
            return disj(neg(one), other) if level else conj(neg(one), other)
        case (Number(), Number()) if left.kind == right.kind or {left.kind, right.kind} == {"int", "uint"}:
            return left.term <= right.term if level else left.term < right.term
        case (Number() | Double(), Number() | Double()):
            first, second = _as_real(space, left), _as_real(space, right)
            if first is None or second is None:
                return None
            found = first.term <= second.term if level else first.term < second.term
            return conj(neg(first.nan), neg(second.nan), found)
        case (Text(), Text()) if left.kind == right.kind:
            return left.term <= right.term if level else left.term < right.term
        case (Opaque(), _) | (_, Opaque()):
            return space.truth("before")
        case _:
            return None


def choose(condition: Bool, one: Value, other: Value) -> Value:
    """Return the one value where the condition holds, else the other."""
    if isinstance(condition, bool) or one is other:
        return one if condition is True or one is other else other
    match one, other:
        case Truth(a), Truth(b):
            return Truth(either(condition, a, b))
        case (Number(), Number()) if one.kind == other.kind:
            return Number(one.kind, pick(condition, one.term, other.term))
        case (Text(), Text()) if one.kind == other.kind:
            return Text(one.kind, pick(condition, one.term, other.term))
        case Double(), Double():
            return Double(pick_real(condition, one.term, other.term), either(condition, one.nan, other.nan))
        case Null(), Null():
            return one
        case Record(), Record():
            keys = tuple(dict.fromkeys((*one.keys, *other.keys)))
            return Record(lambda key: _choose_slot(condition, one.slot(key), other.slot(key)), keys)
        case Perhaps(), Perhaps():
            slot = _choose_slot(condition, Slot(one.present, one.value), Slot(other.present, other.value))
            return Perhaps(slot.present, slot.value)
    return Union(((condition, one), (neg(condition), other)))


def _choose_slot(condition: Bool, one: Slot, other: Slot) -> Slot:
    if one.present is False:
        return Slot(conj(neg(condition), other.present), other.value)
    if other.present is False:
        return Slot(conj(condition, one.present), one.value)
    return Slot(either(condition, one.present, other.present), choose(condition, one.value, other.value))


def fits(space: Space, value: Value, type: Type) -> Bool:
    """Return whether a value is of a type."""
    return disj(*(conj(guard, _fits(space, each, type)) for guard, each in options(value)))


def _fits(space: Space, value: Value, type: Type) -> Bool:
    match value, type:
        case _, Basic("dyn"):
            return True
        case (Truth(), Basic("bool")) | (Null(), Basic("null_type")):
            return True
        case Number("int", term), IntType(low, high):
            return within(term, INT_LOW if low is None else low, INT_HIGH if high is None else high)
        case Number("uint", term), UintType(low, high):
            return within(term, low or 0, UINT_HIGH if high is None else high)
        case Number(kind="timestamp" | "duration" as kind), Basic(name):
            return kind == name
        case Double(term, nan), DoubleType(low, high):
            least, most = (-LARGEST if low is None else Fraction(low)), (LARGEST if high is None else Fraction(high))
            return conj(neg(nan), _between(term, least, most))
        case Text("string", term), StringType(values, most):
            listed = True if values is None else disj(*(term == space.texts.name(text) for text in values))
            return conj(listed, True if most is None else space.texts.size(term) <= most)
        case Text("bytes"), Basic("bytes"):
            return True
        case Items(), ListType(element, most):
            return _list_fits(space, value, element, most)
        case Record(), RecordType():
            return _record_fits(space, value, type)
        case Record(), MapType(_, held, most):
            slots = [value.slot(key) for key in value.keys]
            size = sum_present(slots)
            fitting = (implies(slot.present, fits(space, slot.value, held)) for slot in slots)
            return conj(True if most is None else size <= most, *fitting)
        case Table(), MapType():
            return True if (value.key, value.value) == (type.key, type.value) else space.truth("fits")
        case Perhaps(), OptionalType(of):
            return implies(value.present, fits(space, value.value, of))
        case Opaque(), _:
            return space.truth("fits")
        case _:
            return False


def sum_present(slots: list[Slot]) -> Whole:
    """Return how many slots hold something."""
    return total(pick(slot.present, 1, 0) for slot in slots)


def _between(term: Real, low: Fraction, high: Fraction) -> Bool:
    if isinstance(term, Fraction):
        return low <= term <= high
    return conj(term >= real(low, term.ctx), term <= real(high, term.ctx))


def _list_fits(space: Space, value: Items, element: Type, most: int | None) -> Bool:
    short: Bool = True if most is None else space.size(value) <= most
    parts = [implies(slot.present, fits(space, slot.value, element)) for slot in value.items]
    if value.rest is not None:
        parts.append(disj(value.rest.size == 0, _rest_fits(space, value.rest, element)))
    return conj(short, *parts)


def _rest_fits(space: Space, rest: Rest, element: Type) -> Bool:
    return True if rest.type == element else space.truth("fits")


def _record_fits(space: Space, value: Record, type: RecordType) -> Bool:
    parts: list[Bool] = []
    for name, field in type.fields.items():
        slot = value.slot(("str", name))
        if not field.optional:
            parts.append(slot.present)
        if slot.present is not False:
            parts.append(implies(slot.present, fits(space, slot.value, field.type)))
    known = {("str", name) for name in type.fields}
    parts.extend(neg(value.slot(key).present) for key in value.keys if key not in known)
    return conj(*parts)
