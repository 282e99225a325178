"""What an expression can see, and what its names turned out to mean."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.types import (
    BOOL,
    BYTES,
    CIDR,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    IP,
    NULL,
    STRING,
    TIMESTAMP,
    UINT,
    URL,
    ListType,
    MapType,
    OptionalType,
    Type,
    TypeType,
)

TYPE_NAMES: Mapping[str, Type] = {
    "bool": BOOL,
    "bytes": BYTES,
    "double": DOUBLE,
    "int": INT,
    "uint": UINT,
    "string": STRING,
    "null_type": NULL,
    "list": ListType(DYN),
    "map": MapType(DYN, DYN),
    "type": TypeType(),
    "optional_type": OptionalType(DYN),
    "google.protobuf.Timestamp": TIMESTAMP,
    "google.protobuf.Duration": DURATION,
    "net.IP": IP,
    "net.CIDR": CIDR,
    "net.URL": URL,
}
"""The names that denote types, as values of type `type`."""

NAMESPACES = frozenset(name.partition(".")[0] for name in TYPE_NAMES if "." in name)
"""What the names of types that hold dots begin with."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Variables and functions by their full names (dots allowed), and the namespace names are looked up in.

    `optional_variables` are those that may have no value when the expression is evaluated (the host then binds
    an empty map): reading one is an error unless a `has(variable.field)` guards it. `certain` gives the variables that
    are certainly there where others are known to be absent (the first set) or to be there (the second).
    """

    variables: Mapping[str, Type] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    container: str = ""
    optional_variables: frozenset[str] = frozenset()
    certain: Callable[[frozenset[str], frozenset[str]], frozenset[str]] | None = field(default=None, compare=False)

    def candidates(self, name: str, absolute: bool = False) -> Iterator[str]:
        """Yield the full names that `name` can stand for, the first that exists wins (spec: name resolution)."""
        container = "" if absolute else self.container
        while container:
            yield f"{container}.{name}"
            container = container.rpartition(".")[0]
        yield name

    def variable(self, name: str, absolute: bool = False) -> "VariableReference | TypeReference | None":
        """Return the variable or type that a (qualified) name stands for."""
        if name in self.variables and (absolute or not self.container):
            return VariableReference(name, self.variables[name])
        for full in self.candidates(name, absolute):
            if full in self.variables:
                return VariableReference(full, self.variables[full])
            if full in TYPE_NAMES:
                return TypeReference(full, TYPE_NAMES[full])
        return None

    def function(self, name: str) -> Function | None:
        """Return the function that a (qualified) name stands for; a leading dot skips the container."""
        if not self.container:
            return self.functions.get(name.removeprefix("."))
        for full in self.candidates(name.removeprefix("."), name.startswith(".")):
            if full in self.functions:
                return self.functions[full]
        return None


@dataclass(frozen=True, slots=True)
class VariableReference:
    """A name or chain of selections that is the variable `name` of the scope."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class TypeReference:
    """A name or chain of selections that denotes a type."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class LocalReference:
    """A variable of a comprehension or `cel.bind`. `number` tells apart those of the same name."""

    name: str
    number: int
    type: Type


@dataclass(frozen=True, slots=True)
class CallReference:
    """The function a call means, and the overloads that its argument types leave possible.

    `method` is false for a call whose receiver turned out to be part of the function's name (`math.least(a, b)`):
    such a receiver is not evaluated.
    """

    function: Function
    overloads: tuple[Overload, ...]
    method: bool


@dataclass(frozen=True, slots=True)
class Introduction:
    """The local variables that a comprehension or `cel.bind` brings in."""

    locals: tuple[LocalReference, ...]


Reference: TypeAlias = VariableReference | TypeReference | LocalReference | CallReference | Introduction
