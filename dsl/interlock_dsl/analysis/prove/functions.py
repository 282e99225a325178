"""Functions of the library that are modelled; the others give any value of their type, alike for equal arguments."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from interlock_dsl.analysis.prove.access import identity
from interlock_dsl.analysis.prove.compare import before, choose, equal, sum_present
from interlock_dsl.analysis.prove.logic import conj, disj, neg, to_real, within
from interlock_dsl.analysis.prove.operators import limited, quotient
from interlock_dsl.analysis.prove.shapes import (
    Calls,
    Double,
    Items,
    Null,
    Number,
    Opaque,
    Perhaps,
    Record,
    Slot,
    Table,
    Term,
    Text,
    Truth,
    Value,
    first_of,
    where,
)
from interlock_dsl.analysis.prove.space import Space
from interlock_dsl.analysis.prove.terms import each, unknown
from interlock_dsl.analysis.prove.texts import TESTS
from interlock_dsl.cel.library import FUNCTIONS
from interlock_dsl.cel.types import CIDR, DOUBLE, IP, URL, Type
from interlock_dsl.cel.values import INT_HIGH, INT_LOW, SECOND, Fault
from interlock_dsl.program.builtins import period_micros

DAY: Final = 86_400 * SECOND
_CLOCK: Final[Mapping[str, tuple[int, int]]] = {
    "getHours": (3600 * SECOND, 24),
    "getMinutes": (60 * SECOND, 60),
    "getSeconds": (SECOND, 60),
    "getMilliseconds": (1_000_000, 1000),
}
"""The unit of a reading of a clock, and how many there are before it starts again."""
_CALENDAR: Final[Mapping[str, tuple[int, int]]] = {
    "getFullYear": (1, 9999),
    "getMonth": (0, 11),
    "getDate": (1, 31),
    "getDayOfMonth": (0, 30),
    "getDayOfWeek": (0, 6),
    "getDayOfYear": (0, 365),
    "getHours": (0, 23),
    "getMinutes": (0, 59),
    "getSeconds": (0, 59),
    "getMilliseconds": (0, 999),
}
_TOTAL: Final = frozenset(
    {
        "lowerAscii", "upperAscii", "trim", "reverse", "string", "family", "isUnspecified", "isLoopback",
        "isGlobalUnicast", "isLinkLocalMulticast", "isLinkLocalUnicast", "isPrivate", "masked", "prefixLength",
        "getScheme", "getHost", "getHostname", "getPort", "getEscapedPath",
    }
)  # fmt: skip
"""Functions that have a value for every text, address, block and URL; `_READ` holds those that read these from text."""
_READ: Final[Mapping[str, str]] = {"ip": "isIP", "cidr": "isCIDR", "url": "isURL"}
"""What reads a text, and what says whether it can be read."""
_CONTAINED: Final[Mapping[str, str]] = {"containsIP": "isIP", "containsCIDR": "isCIDR"}
"""What reads its argument where that is a text, and what says whether it can be read."""


def apply(space: Space, name: str, terms: Sequence[Term], type: Type) -> Term:
    """Return the term of a call of a function by its name; `type` is that of the result, where it is known."""
    if name in ("or", "orValue") and len(terms) == 2:
        optional, other = terms
        if not isinstance(optional.value, Perhaps):
            return unknown(space, type, optional)
        present = optional.value.present
        one = optional.value if name == "or" else optional.value.value
        fails = first_of(optional.fails, where(neg(present), other.fails))
        return Term(choose(present, one, other.value), fails)
    if name in _MODELLED:
        model = _MODELLED[name]
        return each(terms, lambda *values: model(space, values) or _unmodelled(space, name, values, type))
    return each(terms, lambda *values: _unmodelled(space, name, values, type))


def _unmodelled(space: Space, name: str, values: Sequence[Value], type: Type) -> Term:
    key = (name, tuple(identity(space, value) for value in values))
    if key not in space.results:
        found = unknown(space, type)
        if all(map(_plain, values)):
            asked = _readable(_CONTAINED[name])(space, values[1:]) if name in _CONTAINED else None
            if isinstance(values[0], Opaque) and asked is not None and isinstance(asked.value, Truth):
                found = Term(found.value, where(neg(asked.value.term), {"bad-conversion": True}))
            elif name in _TOTAL or all(isinstance(value, Opaque) for value in values):
                found = Term(found.value)
        space.results[key] = found
    return space.results[key]


def _plain(value: Value) -> bool:
    """Say whether a value is a text, or an address, block or URL of which nothing else is known."""
    if isinstance(value, Opaque):
        return value.type in (IP, CIDR, URL)
    return isinstance(value, Text) and value.kind == "string"


def _readable(name: str) -> "Model":
    """Model `isIP(text)` and its like: what a written text says, else either."""

    def readable(space: Space, values: Sequence[Value]) -> Term | None:
        match values:
            case (Text("string", term),):
                written = space.texts.written(term)
                if written is not None:
                    return Term(Truth(FUNCTIONS[name].overloads[0].implementation(written) is True))
                key = (name, (identity(space, values[0]),))
                if key not in space.results:
                    space.results[key] = Term(Truth(space.truth(name)))
                return space.results[key]
            case _:
                return None

    return readable


def _reading(name: str, type: Type) -> "Model":
    """Model `ip(text)` and its like: it has a value where `isIP(text)` holds."""
    readable = _readable(_READ[name])

    def read(space: Space, values: Sequence[Value]) -> Term | None:
        asked = readable(space, values)
        if asked is None or not isinstance(asked.value, Truth):
            return None
        key = (name, (identity(space, values[0]),))
        if key not in space.results:
            space.results[key] = Term(space.fresh(type), where(neg(asked.value.term), {"bad-conversion": True}))
        return space.results[key]

    return read


def _size(space: Space, values: Sequence[Value]) -> Term | None:
    match values:
        case (Text("string", term),):
            return Term(Number("int", space.texts.size(term)))
        case (Text("bytes", term),):
            return Term(Number("int", space.bytes.size(term)))
        case (Items() as items,):
            return Term(Number("int", space.size(items)))
        case (Table(size=size),):
            return Term(Number("int", size))
        case (Record() as record,):
            return Term(Number("int", sum_present([record.slot(key) for key in record.keys])))
        case _:
            return None


def _tested(name: str) -> "Model":
    def test(space: Space, values: Sequence[Value]) -> Term | None:
        match values:
            case (Text("string", text), Text("string", part)) if (written := space.texts.written(part)) is not None:
                return Term(Truth(space.texts.test(name, text, written)))
        return None

    return test


def _extreme(*, greatest: bool) -> "Model":
    def extreme(space: Space, values: Sequence[Value]) -> Term | None:
        if len(values) == 1 and isinstance(values[0], Items):
            if not values[0].packed or values[0].rest is not None:
                return None
            if not all(slot.present is True for slot in values[0].items):
                return None
            values = [slot.value for slot in values[0].items]
        if not values or not all(isinstance(value, Number | Double) for value in values):
            return None
        found = values[0]
        for value in values[1:]:
            better = before(space, found, value, level=False) if greatest else before(space, value, found, level=False)
            if better is None:
                return None
            found = choose(better, value, found)
        nan = disj(*(value.nan for value in values if isinstance(value, Double)))
        return Term(found, where(nan, {"not-a-number": True}))

    return extreme


def _absolute(space: Space, values: Sequence[Value]) -> Term | None:
    match values:
        case (Number("int", term),):
            positive = Number("int", term)
            opposite = limited("int", -term)
            return Term(choose(term < 0, opposite.value, positive), where(term < 0, opposite.fails))
        case (Number("uint"),):
            return Term(values[0])
        case _:
            return None


def _to_int(space: Space, values: Sequence[Value]) -> Term | None:
    match values:
        case (Number("int" | "uint", term),):
            return Term(Number("int", term), where(neg(within(term, INT_LOW, INT_HIGH)), {"overflow": True}))
        case (Number("timestamp", int() as term),):
            return Term(Number("int", term // SECOND))
        case (Number("timestamp", term),):
            return Term(Number("int", term / SECOND))
        case _:
            return None


def _to_uint(space: Space, values: Sequence[Value]) -> Term | None:
    match values:
        case (Number("int" | "uint", term),):
            return Term(Number("uint", term), where(neg(within(term, 0, 2**64 - 1)), {"overflow": True}))
        case _:
            return None


def _to_double(space: Space, values: Sequence[Value]) -> Term | None:
    match values:
        case (Double(),):
            return Term(values[0])
        case (Number("int" | "uint", int() as term),):
            return Term(Double(Fraction(float(term))))
        case (Number("int" | "uint", term),):
            found = space.free(DOUBLE)
            assert isinstance(found, Double)
            space.state(neg(found.nan))
            space.state(disj(neg(within(term, -(2**53), 2**53)), found.term == to_real(term)))
            return Term(found)
        case _:
            return None


def _clock(name: str) -> "Model":
    unit, many = _CLOCK.get(name, (0, 0))

    def read(space: Space, values: Sequence[Value]) -> Term | None:
        match values:
            case (Number("timestamp", term),) if unit and not isinstance(term, int):
                return Term(Number("int", (term / unit) % many))
            case (Number("timestamp", term),) if name == "getDayOfWeek" and not isinstance(term, int):
                return Term(Number("int", (term / DAY + 4) % 7))
            case (Number("timestamp"), *rest):
                key = (name, tuple(identity(space, value) for value in values))
                if key not in space.results:
                    number = space.whole(name)
                    space.state(within(number, *_CALENDAR[name]))
                    named = (
                        len(rest) == 1 and isinstance(rest[0], Text) and space.texts.written(rest[0].term) is not None
                    )
                    fails = {} if not rest or named else {"bad-time-zone": space.truth("zone")}
                    space.results[key] = Term(Number("int", number), fails)
                return space.results[key]
            case (Number("duration", term),) if unit and name != "getMilliseconds":
                return Term(Number("int", quotient(term, unit)))
            case _:
                return None

    return read


def _calls(space: Space, values: Sequence[Value]) -> Term | None:
    match values:
        case (Calls(None), Text("string", term)) if (tool := space.texts.written(term)) is not None:
            return Term(Calls(tool))
        case _:
            return None


def _count(space: Space, values: Sequence[Value]) -> Term | None:
    match values:
        case (Calls(str() as tool),):
            return Term(Number("int", space.calls(tool, None)))
        case _:
            return None


def _within(space: Space, values: Sequence[Value]) -> Term | None:
    match values:
        case (Calls(str() as tool), Text("string", term)) if (period := space.texts.written(term)) is not None:
            try:
                return Term(Number("int", space.calls(tool, period_micros(period))))
            except Fault as fault:
                return Term(Null(), {fault.code: True})
        case _:
            return None


def _value(space: Space, values: Sequence[Value]) -> Term | None:
    match values:
        case (Perhaps(present, value),):
            return Term(value, where(neg(present), {"no-value": True}))
        case _:
            return None


def _ends(*, first: bool) -> "Model":
    def end(space: Space, values: Sequence[Value]) -> Term | None:
        match values:
            case (Items(items, None, True),) if all(slot.present is True for slot in items):
                slot = Slot(False, Null()) if not items else items[0 if first else -1]
                return Term(Perhaps(slot.present, slot.value))
            case (Items((slot, *_), None, True),) if first:
                return Term(Perhaps(slot.present, slot.value))
            case _:
                return None

    return end


def _set_test(*, every: bool) -> "Model":
    """Model `sets.contains(a, b)`: each of b is in a; `sets.intersects(a, b)`: one of them is."""

    def test(space: Space, values: Sequence[Value]) -> Term | None:
        match values:
            case (Items(among, None), Items(items, None)):
                pass
            case _:
                return None
        found = []
        for item in items:
            inside = disj(*(conj(slot.present, equal(space, slot.value, item.value)) for slot in among))
            found.append(disj(neg(item.present), inside) if every else conj(item.present, inside))
        return Term(Truth(conj(*found) if every else disj(*found)))

    return test


def _same(space: Space, values: Sequence[Value]) -> Term | None:
    return Term(values[0]) if len(values) == 1 and not isinstance(values[0], Opaque) else None


Model = Callable[[Space, Sequence[Value]], Term | None]
"""A function of values, None where it is not modelled."""

_MODELLED: Final[Mapping[str, Model]] = {
    "size": _size,
    **{name: _readable(name) for name in _READ.values()},
    "ip": _reading("ip", IP),
    "cidr": _reading("cidr", CIDR),
    "url": _reading("url", URL),
    **{name: _tested(name) for name in TESTS},
    **{name: _clock(name) for name in _CALENDAR},
    "math.greatest": _extreme(greatest=True),
    "math.least": _extreme(greatest=False),
    "math.abs": _absolute,
    "int": _to_int,
    "uint": _to_uint,
    "double": _to_double,
    "dyn": _same,
    "calls": _calls,
    "count": _count,
    "within": _within,
    "value": _value,
    "hasValue": lambda space, values: Term(Truth(values[0].present)) if isinstance(values[0], Perhaps) else None,
    "optional.of": lambda space, values: Term(Perhaps(True, values[0])),
    "optional.none": lambda space, values: Term(Perhaps(False, Null())),
    "first": _ends(first=True),
    "last": _ends(first=False),
    "sets.contains": _set_test(every=True),
    "sets.intersects": _set_test(every=False),
}
