"""Sets of values, described briefly: what an expression can come to, as far as that is known.

A description may hold more values than there are, never fewer. `meet` keeps what two descriptions share, `join` what
either holds; both may give more than that.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from interlock_dsl.cel.types import (
    DYN,
    Basic,
    DoubleType,
    IntType,
    ListType,
    MapType,
    OptionalType,
    StringType,
    Type,
    UintType,
)
from interlock_dsl.cel.values import INT_HIGH, INT_LOW, TIMESTAMP_HIGH, TIMESTAMP_LOW, UINT_HIGH

Kind: TypeAlias = Literal["int", "uint", "double", "timestamp", "duration"]

MANY: Final = INT_HIGH
"""No text and no container is larger."""
MOST_CHOICES: Final = 64
"""A set of constants that grows beyond this is described by what its members share."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No value."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Values of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers from `low` to `high` but those in `without`; instants and lengths of time in nanoseconds."""

    kind: Kind
    low: float
    high: float
    nan: bool = False
    without: frozenset[float] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these constants, all of one type: bools, texts, or null."""

    values: frozenset[object]


@dataclass(frozen=True, slots=True)
class Text:
    """Texts by their size in code points, how they begin and end, and which they are not."""

    low: int = 0
    high: int = MANY
    prefix: str = ""
    suffix: str = ""
    without: frozenset[str] = frozenset()

    def allows(self, text: object) -> bool:
        """Say whether a text is one of them."""
        return (
            isinstance(text, str)
            and self.low <= len(text) <= self.high
            and text.startswith(self.prefix)
            and text.endswith(self.suffix)
            and text not in self.without
        )


@dataclass(frozen=True, slots=True)
class Sized:
    """Lists, maps and bytes by their size. `having` are constants that a list holds, `lacking` those it does not."""

    kind: Literal["list", "map", "bytes"]
    low: int = 0
    high: int = MANY
    element: Type = DYN
    having: frozenset[object] = frozenset()
    lacking: frozenset[object] = frozenset()


@dataclass(frozen=True, slots=True)
class Perhaps:
    """Optionals: whether they can hold a value (`some`), or none, and of which values."""

    of: "Domain"
    some: bool = True
    none: bool = True


Domain: TypeAlias = Nothing | Anything | Numbers | Choice | Text | Sized | Perhaps

NOTHING: Final = Nothing()
ANYTHING: Final = Anything()
"""The only values of their classes, which are told by their identity."""
TRUE: Final = Choice(frozenset({True}))
FALSE: Final = Choice(frozenset({False}))
EITHER: Final = Choice(frozenset({True, False}))

LIMITS: Final[dict[Kind, tuple[float, float]]] = {
    "int": (INT_LOW, INT_HIGH),
    "uint": (0, UINT_HIGH),
    "double": (-math.inf, math.inf),
    "timestamp": (TIMESTAMP_LOW, TIMESTAMP_HIGH),
    "duration": (INT_LOW, INT_HIGH),
}


def bools(*values: bool) -> Domain:
    """Return the domain of these truth values, nothing for none."""
    return Choice(frozenset(values)) if values else NOTHING


@lru_cache(maxsize=4096)
def domain_of(type: Type) -> Domain:
    """Return the values of a type; of records, and of what only functions can read, nothing is known."""
    match type:
        case IntType(low, high):
            return numbers("int", low, high)
        case UintType(low, high):
            return numbers("uint", low, high)
        case DoubleType(low, high):
            return numbers("double", low, high, nan=low is None and high is None)
        case StringType(values=None, max=most):
            return Text(0, MANY if most is None else most)
        case StringType(values=values):
            return Choice(frozenset(values or ()))
        case Basic("bool"):
            return EITHER
        case Basic("null_type"):
            return Choice(frozenset({None}))
        case Basic("timestamp" | "duration" as kind):
            return numbers(kind)
        case Basic("bytes"):
            return Sized("bytes")
        case ListType(element, most):
            return Sized("list", 0, MANY if most is None else most, element)
        case MapType(_, value, most):
            return Sized("map", 0, MANY if most is None else most, value)
        case OptionalType(of):
            return Perhaps(domain_of(of))
        case _:
            return ANYTHING


def numbers(kind: Kind, low: float | None = None, high: float | None = None, *, nan: bool = False) -> Domain:
    """Return the numbers of a kind within bounds (None is that of the kind), nothing where there are none."""
    least, most = LIMITS[kind]
    return cut(Numbers(kind, least if low is None else max(low, least), most if high is None else min(high, most), nan))


def cut(found: Numbers) -> Domain:
    """Move the bounds past what is left out, and recognise what is empty."""
    low, high, without = found.low, found.high, found.without
    if without and found.kind != "double":
        while low in without:
            low += 1
        while high in without and high >= low:
            high -= 1
        without = frozenset(value for value in without if low < value < high)
        found = replace(found, low=low, high=high, without=without)
    if low > high or (low == high and low in without):
        # Only a NaN is left.
        return replace(found, low=math.inf, high=-math.inf, without=frozenset()) if found.nan else NOTHING
    return found


def meet(one: Domain, other: Domain) -> Domain:
    """Return what is in both."""
    if one is other or one == other or isinstance(other, Anything) or isinstance(one, Nothing):
        return one
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        return _numbers_in_both(one, other)
    match one, other:
        case (Anything(), _) | (_, Nothing()):
            # A value of no known type may equal one of another type: what is known of that one does not carry over.
            return NOTHING if isinstance(other, Nothing) else one
        case Choice(left), Choice(right):
            both = left & right
            return Choice(both) if both else NOTHING
        case (Choice(values), Text() as text) | (Text() as text, Choice(values)):
            fitting = frozenset(value for value in values if text.allows(value))
            return Choice(fitting) if fitting else NOTHING
        case Text(), Text():
            return _texts(one, other)
        case Sized(), Sized():
            return _containers(one, other)
        case Perhaps(), Perhaps():
            return perhaps(meet(one.of, other.of), one.some and other.some, one.none and other.none)
    return one


def _numbers_in_both(one: Numbers, other: Numbers) -> Domain:
    if one.kind != other.kind:
        return one
    low, high = max(one.low, other.low), min(one.high, other.high)
    return cut(Numbers(one.kind, low, high, one.nan and other.nan, one.without | other.without))


def apart(one: Domain, other: Domain) -> bool:
    """Say whether two intervals have nothing in common: what `meet` finds as well, at less cost."""
    if not (isinstance(one, Numbers) and isinstance(other, Numbers) and one.kind == other.kind):
        return False
    return (one.high < other.low or other.high < one.low) and not (one.nan and other.nan)


def perhaps(of: Domain, some: bool, none: bool) -> Domain:
    """Return the optionals of some values."""
    some = some and of is not NOTHING
    return Perhaps(of, some, none) if some or none else NOTHING


def _texts(one: Text, other: Text) -> Domain:
    prefix, short = (one, other) if len(one.prefix) >= len(other.prefix) else (other, one)
    suffix, brief = (one, other) if len(one.suffix) >= len(other.suffix) else (other, one)
    if not prefix.prefix.startswith(short.prefix) or not suffix.suffix.endswith(brief.suffix):
        return NOTHING
    low = max(one.low, other.low, len(prefix.prefix), len(suffix.suffix))
    high, without = min(one.high, other.high), one.without | other.without
    if low > high or (high == 0 and "" in without):
        return NOTHING
    low = 1 if low == 0 and "" in without else low
    return Text(low, high, prefix.prefix, suffix.suffix, without)


def _containers(one: Sized, other: Sized) -> Domain:
    if one.kind != other.kind:
        return one
    having, lacking = one.having | other.having, one.lacking | other.lacking
    low, high = max(one.low, other.low, 1 if having else 0), min(one.high, other.high)
    if low > high or having & lacking:
        return NOTHING
    return Sized(one.kind, low, high, one.element, having, lacking)


def join(one: Domain, other: Domain) -> Domain:
    """Return what is in either."""
    if one == other or isinstance(other, Nothing):
        return one
    if isinstance(one, Nothing):
        return other
    match one, other:
        case Numbers(), Numbers() if one.kind == other.kind:
            low, high = min(one.low, other.low), max(one.high, other.high)
            return Numbers(one.kind, low, high, one.nan or other.nan, one.without & other.without)
        case Choice(left), Choice(right) if len(left | right) <= MOST_CHOICES and _alike(left | right):
            return Choice(left | right)
        case ((Choice() | Text()), (Choice() | Text())):
            left_text, right_text = as_text(one), as_text(other)
            if left_text is None or right_text is None:
                return ANYTHING
            return Text(min(left_text.low, right_text.low), max(left_text.high, right_text.high))
        case Sized(), Sized() if one.kind == other.kind:
            element = one.element if one.element == other.element else DYN
            low, high = min(one.low, other.low), max(one.high, other.high)
            return Sized(one.kind, low, high, element, one.having & other.having, one.lacking & other.lacking)
        case Perhaps(), Perhaps():
            of = join(one.of if one.some else NOTHING, other.of if other.some else NOTHING)
            return Perhaps(of, one.some or other.some, one.none or other.none)
    return ANYTHING


def _alike(values: frozenset[object]) -> bool:
    return len({type(value) for value in values}) <= 1


def as_text(found: Domain) -> Text | None:
    """Return texts that hold all of a domain, None if it is not one of texts."""
    match found:
        case Text():
            return found
        case Choice(values) if all(isinstance(value, str) for value in values):
            sizes = [len(value) for value in values if isinstance(value, str)]
            return Text(min(sizes), max(sizes))
        case _:
            return None


def size_of(found: Domain) -> tuple[int, int]:
    """Return how many characters, items or entries there can be at least and at most."""
    if isinstance(found, Sized):
        return found.low, found.high
    text = as_text(found)
    return (0, MANY) if text is None else (text.low, text.high)
