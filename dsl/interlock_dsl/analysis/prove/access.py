"""Fields, keys and items, and what is known of the members of a list that is not modelled item by item."""

from collections.abc import Callable
from fractions import Fraction

from interlock_dsl.analysis.prove.compare import choose, equal
from interlock_dsl.analysis.prove.logic import Bool, conj, disj, neg
from interlock_dsl.analysis.prove.shapes import (
    ABSENT,
    Double,
    Items,
    Null,
    Number,
    Opaque,
    Perhaps,
    Record,
    Rest,
    Slot,
    Table,
    Term,
    Text,
    Truth,
    Value,
    where,
)
from interlock_dsl.analysis.prove.space import Space
from interlock_dsl.analysis.prove.terms import NO_OVERLOAD, each, truth_of, unknown
from interlock_dsl.cel.types import BOOL, DYN, Type


def select(space: Space, value: Value, field: str, *, optional: bool, lost: str, type: Type) -> Term:
    """Return `value.field` or `value.?field`; `lost` is the code where the field of a record is not there."""
    if isinstance(value, Opaque):
        return unknown(space, type)
    if isinstance(value, Perhaps):
        return _through(value, lambda inner: select(space, inner, field, optional=True, lost=lost, type=type))
    slot = looked_up(space, value, Text("string", space.texts.name(field)))
    if slot is None or isinstance(value, Items):
        return NO_OVERLOAD
    if optional:
        return Term(Perhaps(slot.present, slot.value))
    return Term(slot.value, where(neg(slot.present), {lost: True}))


def has(space: Space, value: Value, field: str) -> Term:
    """Return `has(value.field)`."""
    if isinstance(value, Opaque):
        return unknown(space, BOOL)
    if isinstance(value, Perhaps):
        inner = each((Term(value.value),), lambda held: has(space, held, field))
        return Term(Truth(conj(value.present, truth_of(inner))), where(value.present, inner.fails))
    slot = looked_up(space, value, Text("string", space.texts.name(field)))
    return NO_OVERLOAD if slot is None else Term(Truth(slot.present))


def item(space: Space, value: Value, at: Value, *, optional: bool, type: Type) -> Term:
    """Return `value[at]` or `value[?at]`."""
    if isinstance(value, Perhaps):
        return _through(value, lambda inner: item(space, inner, at, optional=True, type=type))
    if isinstance(value, Items) and isinstance(at, Number) and at.kind in ("int", "uint"):
        slot, code = _at(space, value, at), "no-such-index"
    else:
        slot, code = looked_up(space, value, at), "no-such-key"
    if slot is None:
        return unknown(space, type)
    if optional:
        return Term(Perhaps(slot.present, slot.value))
    return Term(slot.value, where(neg(slot.present), {code: True}))


def _through(value: Perhaps, read: Callable[[Value], Term]) -> Term:
    found = each((Term(value.value),), read)
    inner = found.value
    if isinstance(inner, Perhaps):
        return Term(Perhaps(conj(value.present, inner.present), inner.value), where(value.present, found.fails))
    return Term(Perhaps(False, Null()), where(value.present, found.fails))


def looked_up(space: Space, value: Value, key: Value) -> Slot | None:
    """Return the slot of a record or map at a key; None for what is neither, or where too little is known."""
    match value:
        case Record():
            return _of_record(space, value, key)
        case Table():
            name = identity(space, key)
            if name not in value.slots:
                slot = Slot(space.truth("in"), space.fresh(value.value))
                space.state(disj(neg(slot.present), value.size > 0))
                value.slots[name] = key, slot
            return value.slots[name][1]
        case _:
            return None


def _of_record(space: Space, value: Record, key: Value) -> Slot | None:
    match identity(space, key):
        case ("str" | "number" | "bool" as kind, str() | int() as constant):
            return value.slot((kind, constant))
    if not value.keys:
        return ABSENT
    if not isinstance(key, Text | Number):
        return None
    found = ABSENT
    for name in value.keys:
        slot = value.slot(name)
        here = equal(space, key, _key(space, name))
        found = Slot(
            disj(conj(here, slot.present), conj(neg(here), found.present)),
            slot.value if found is ABSENT else choose(here, slot.value, found.value),
        )
    return found


def _key(space: Space, name: tuple[str, object]) -> Value:
    match name:
        case ("str", str() as text):
            return Text("string", space.texts.name(text))
        case (_, bool() as truth):
            return Truth(truth)
        case (_, int() as number):
            return Number("int", number)
        case _:
            return Opaque(space.number(), DYN)


def identity(space: Space, value: Value) -> tuple[object, ...]:
    """Return what tells a value apart from others: the constant, or the identity of its term."""
    match value:
        case Text(kind="string", term=term) if (text := space.texts.written(term)) is not None:
            return "str", text
        case Truth(bool() as truth):
            return "bool", truth
        case Number(kind="int" | "uint", term=int() as number):
            return "number", number
        case Truth(term) | Number(_, term) | Double(term) | Text(_, term):
            kind = getattr(value, "kind", type(value).__name__)
            return kind, term if isinstance(term, bool | int | Fraction) else space.identity(term)
        case _:
            return "other", space.keep(value)


def _at(space: Space, value: Items, at: Number) -> Slot | None:
    number = at.term
    inside = conj(number >= 0, number < space.size(value))
    if not value.items and value.rest is not None:
        rest, key = value.rest, identity(space, at)
        if key not in rest.places:
            rest.places[key] = space.fresh(rest.type)
            add_member(space, rest, rest.places[key], inside, exact=False)
        return Slot(inside, rest.places[key])
    if value.rest is not None or not value.packed:
        return None
    if not value.items:
        return ABSENT
    found = value.items[-1].value
    for place in range(len(value.items) - 2, -1, -1):
        found = choose(number == place, value.items[place].value, found)
    return Slot(inside, found)


def holds(space: Space, rest: Rest, value: Value) -> Bool:
    """Return whether a list holds a value: the same answer for equal values."""
    found = space.truth("member")
    add_member(space, rest, value, found, exact=True)
    return found


def add_member(space: Space, rest: Rest, value: Value, held: Bool, *, exact: bool) -> None:
    """Note that a list holds a value if `held`, and (`exact`) only then."""
    for other, known, exactly in rest.members:
        alike = equal(space, value, other)
        if exact:
            space.state(disj(neg(known), neg(alike), held))
        if exactly:
            space.state(disj(neg(held), neg(alike), known))
    rest.members.append((value, held, exact))
    space.state(disj(neg(held), rest.size > 0))
    laws, rest.laws[:] = tuple(rest.laws), ()  # a law that asks for members itself is not stated of those
    for law in laws:
        law(value, held)
    rest.laws[:0] = laws
