"""Which overload of a function a call means, by the types of the values it is given."""

from collections.abc import Mapping
from typing import Final

from interlock_dsl.cel.check.scope import TYPE_NAMES
from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.types import (
    AbstractType,
    Basic,
    DoubleType,
    IntType,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    StringType,
    Type,
    TypeParameter,
    TypeType,
    UintType,
    WrapperType,
)
from interlock_dsl.cel.values import type_name

_NAMES: Final[Mapping[type[Type], str]] = {
    IntType: "int",
    UintType: "uint",
    DoubleType: "double",
    StringType: "string",
    ListType: "list",
    MapType: "map",
    RecordType: "map",
    OptionalType: "optional_type",
    TypeType: "type",
    AbstractType: "opaque",
}
_BASIC: Final = {
    "timestamp": "google.protobuf.Timestamp",
    "duration": "google.protobuf.Duration",
}


def takes(parameter: Type, name: str) -> bool:
    """Whether a parameter takes values of the type of this name; what containers hold is not looked at."""
    match parameter:
        case TypeParameter() | Basic("dyn"):
            return True
        case Basic(name=basic):
            return _BASIC.get(basic, basic) == name
        case WrapperType(of):
            return name == "null_type" or takes(of, name)
        case AbstractType(name=own) if own in TYPE_NAMES:
            return own == name
    return _NAMES.get(type(parameter)) == name


class Dispatch:
    """The overloads of one function that take so many arguments; choices are remembered by type."""

    def __init__(self, function: Function, count: int, *, method: bool) -> None:
        self._overloads = [
            overload
            for overload in function.overloads
            if overload.method == method and len(overload.parameters) == count
        ]
        self._chosen: dict[tuple[str, ...], Overload | None] = {}

    def choose(self, values: list[object]) -> Overload | None:
        """Return the first overload that takes these values."""
        names = tuple(map(type_name, values))
        try:
            return self._chosen[names]
        except KeyError:
            pass
        for overload in self._overloads:
            if all(map(takes, overload.parameters, names)):
                break
        else:
            overload = None
        self._chosen[names] = overload
        return overload
