"""The types of the expression language, and of everything a file declares.

Scalars may be bounded, text and containers may be bounded in size, records have named fields. A bound is part
of the type: it validates model output, becomes JSON Schema, and makes costs and proofs finite.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Type:
    """Base of all types. `str(type)` is how the type is written in a file."""


@dataclass(frozen=True, slots=True)
class Basic(Type):
    """A type without parameters."""

    name: Literal["dyn", "null_type", "bool", "bytes", "timestamp", "duration", "error"]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class IntType(Type):
    """A signed 64-bit integer, optionally in `low..high` (both included)."""

    low: int | None = None
    high: int | None = None

    def __str__(self) -> str:
        return f"int{_bounds(self.low, self.high)}"


@dataclass(frozen=True, slots=True)
class UintType(Type):
    """An unsigned 64-bit integer, optionally in `low..high`."""

    low: int | None = None
    high: int | None = None

    def __str__(self) -> str:
        return f"uint{_bounds(self.low, self.high)}"


@dataclass(frozen=True, slots=True)
class DoubleType(Type):
    """An IEEE 754 double, optionally in `low..high` (which then excludes NaN and the infinities)."""

    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        return f"double{_bounds(self.low, self.high)}"


@dataclass(frozen=True, slots=True)
class StringType(Type):
    """Text. `values` makes it an enum; `max` bounds its length in code points."""

    values: tuple[str, ...] | None = None
    max: int | None = None

    def __str__(self) -> str:
        if self.values is not None:
            return "enum(" + ", ".join(f'"{value}"' for value in self.values) + ")"
        return "string" if self.max is None else f"string max {self.max}"


@dataclass(frozen=True, slots=True)
class ListType(Type):
    """A list of `element`, of at most `max` items where that is given."""

    element: Type
    max: int | None = None

    def __str__(self) -> str:
        return f"list<{self.element}>" + ("" if self.max is None else f" max {self.max}")


@dataclass(frozen=True, slots=True)
class MapType(Type):
    """A map from `key` to `value`, of at most `max` entries where that is given."""

    key: Type
    value: Type
    max: int | None = None

    def __str__(self) -> str:
        return f"map<{self.key}, {self.value}>" + ("" if self.max is None else f" max {self.max}")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: its type, whether it may be absent, its labels, how it is described to a model."""

    type: Type
    optional: bool = False
    labels: frozenset[str] = frozenset()
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Cases:
    """Which optional fields a record has: for each value of its field `field`, exactly those named beside the value."""

    field: str
    present: tuple[tuple[str | bool, frozenset[str]], ...]

    def among(self, possible: Callable[[str | bool], bool]) -> tuple[frozenset[str], frozenset[str]]:
        """Return the optional fields that a record certainly has, and those it may have, where values are possible."""
        there = [fields for value, fields in self.present if possible(value)]
        return (frozenset.intersection(*there) if there else frozenset()), frozenset().union(*there)

    def having(self, name: str) -> tuple[str | bool, ...] | None:
        """Return the values with which a field is there; None for a field that the cases say nothing of."""
        values = tuple(value for value, fields in self.present if name in fields)
        return values or None


@dataclass(frozen=True)
class RecordType(Type):
    """Named fields. At run time a record is a map with string keys. Two records are equal by name, fields and cases.

    No declaration has `cases`: they are known of what the machine itself makes.
    """

    name: str
    fields: Mapping[str, Field] = field(hash=False)
    cases: Cases | None = field(default=None, hash=False)

    def __str__(self) -> str:
        if self.name:
            return self.name
        shown = " ".join(f"{name}{'?' if f.optional else ''}: {f.type}" for name, f in self.fields.items())
        return "{ " + shown + " }"


@dataclass(frozen=True, slots=True)
class OptionalType(Type):
    """`optional_type(of)`: a value or none."""

    of: Type

    def __str__(self) -> str:
        return f"optional<{self.of}>"


@dataclass(frozen=True, slots=True)
class WrapperType(Type):
    """A nullable primitive."""

    of: Type

    def __str__(self) -> str:
        return f"wrapper<{self.of}>"


@dataclass(frozen=True, slots=True)
class TypeType(Type):
    """The type of a type value, `type(of)`; `of` is None where it is not known."""

    of: Type | None = None

    def __str__(self) -> str:
        return "type" if self.of is None else f"type<{self.of}>"


@dataclass(frozen=True, slots=True)
class AbstractType(Type):
    """A type that only functions can make and read, such as the call history of a session."""

    name: str
    parameters: tuple[Type, ...] = ()

    def __str__(self) -> str:
        return self.name + ("<" + ", ".join(map(str, self.parameters)) + ">" if self.parameters else "")


@dataclass(frozen=True, slots=True)
class TypeParameter(Type):
    """A variable in a function's signature, to be inferred at each call."""

    name: str

    def __str__(self) -> str:
        return self.name


DYN = Basic("dyn")
NULL = Basic("null_type")
BOOL = Basic("bool")
BYTES = Basic("bytes")
TIMESTAMP = Basic("timestamp")
DURATION = Basic("duration")
ERROR = Basic("error")
"""The type of what did not check: it silences every further complaint about the same expression."""
INT = IntType()
UINT = UintType()
DOUBLE = DoubleType()
STRING = StringType()
IP = AbstractType("net.IP")
CIDR = AbstractType("net.CIDR")
URL = AbstractType("net.URL")


def _bounds(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    return f" in {'' if low is None else f'{low:_}'}..{'' if high is None else f'{high:_}'}"
