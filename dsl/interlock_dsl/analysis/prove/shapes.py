"""Values of which only something is known: the shape that the solver is told of each value of the language.

A scalar is a term; a text or bytes are the number of one in a space of its own (`texts`), never a string of the
solver; a record has slots, made when they are first asked for; a list has items, each there or not, and perhaps a rest
of which only the size is known. What has no model is `Opaque`: it may be any value.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from interlock_dsl.analysis.prove.logic import Bool, Real, Whole, conj, disj, neg
from interlock_dsl.cel.types import Type


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A bool."""

    term: Bool


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """An int, a uint, or the nanoseconds of a timestamp or duration."""

    kind: Literal["int", "uint", "timestamp", "duration"]
    term: Whole


@dataclass(frozen=True, slots=True, eq=False)
class Double:
    """A double as a real number. What is beyond the largest double stands for infinity; `nan`: it is no number."""

    term: Real
    nan: Bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A text or bytes by its number."""

    kind: Literal["string", "bytes"]
    term: Whole


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """Null."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What may be held: whether it is there, and what it is then."""

    present: Bool
    value: "Value"


Key: TypeAlias = tuple[str, object]
"""A key of a map or the name of a field: kind and value."""

ABSENT = Slot(False, Null())


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A record or a map whose keys are all known: slots by key, made when first asked for."""

    make: Callable[[Key], Slot]
    keys: tuple[Key, ...]
    made: dict[Key, Slot] = field(default_factory=dict)

    def slot(self, key: Key) -> Slot:
        """Return the slot of a key."""
        if key not in self.made:
            self.made[key] = self.make(key) if key in self.keys else ABSENT
        return self.made[key]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A map of which not all keys are known."""

    number: int
    key: Type
    value: Type
    size: Whole
    slots: dict[object, tuple["Value", Slot]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Rest:
    """The part of a list of which only the size is known, its type, and the items that were asked for."""

    number: int
    type: Type
    size: Whole
    members: list[tuple["Value", Bool, bool]] = field(default_factory=list)
    """Values, when the list certainly holds them, and whether it does only then."""
    places: dict[object, "Value"] = field(default_factory=dict)
    laws: list[Callable[["Value", Bool], None]] = field(default_factory=list)
    """What macros state of each member, and when it is one."""


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list: items that are there or not, in order, and then perhaps a rest."""

    items: tuple[Slot, ...]
    rest: Rest | None = None
    packed: bool = True
    """Whether items are missing only at the end, so that the n-th slot is the n-th item."""


@dataclass(frozen=True, slots=True, eq=False)
class Perhaps:
    """An optional."""

    present: Bool
    value: "Value"


@dataclass(frozen=True, slots=True, eq=False)
class Union:
    """One of several values of different shapes; the conditions exclude each other."""

    options: tuple[tuple[Bool, "Value"], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Opaque:
    """Any value. `type` is what is known of its type."""

    number: int
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class Calls:
    """`calls(tool)`, or the history itself where `tool` is None."""

    tool: str | None


Value: TypeAlias = Truth | Number | Double | Text | Null | Record | Table | Items | Perhaps | Union | Opaque | Calls

Fails: TypeAlias = Mapping[str, Bool]
"""When there is no value, by the code of the error; `*` is any code. The conditions exclude each other."""

NEVER: Fails = {}
ANY_CODE = "*"


@dataclass(frozen=True, slots=True)
class Term:
    """A value, and when there is none."""

    value: Value
    fails: Fails = field(default_factory=dict)

    @property
    def failing(self) -> Bool:
        """Whether there is no value, for whatever reason."""
        return disj(*self.fails.values())


def options(value: Value) -> Iterator[tuple[Bool, Value]]:
    """Yield the values that a value may be, each with its condition."""
    if isinstance(value, Union):
        for guard, option in value.options:
            for inner, each in options(option):
                yield conj(guard, inner), each
    else:
        yield True, value


def first_of(*several: Fails) -> Fails:
    """Return when an evaluation in order has no value: the first error is the one."""
    found: dict[str, Bool] = {}
    fine: Bool = True
    for fails in several:
        for code, condition in fails.items():
            found[code] = disj(found.get(code, False), conj(fine, condition))
        fine = conj(fine, neg(disj(*fails.values())))
    return {code: condition for code, condition in found.items() if condition is not False}


def where(guard: Bool, fails: Fails) -> Fails:
    """Return the failures under a guard."""
    return {code: met for code, condition in fails.items() if (met := conj(guard, condition)) is not False}


def joined(*several: Fails) -> Fails:
    """Return the failures of cases that exclude each other."""
    found: dict[str, Bool] = {}
    for fails in several:
        for code, condition in fails.items():
            found[code] = disj(found.get(code, False), condition)
    return found
