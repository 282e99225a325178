"""Types in a bundle: a table of rows, each referring only to rows before it, so that a type is there once."""

from collections.abc import Callable, Mapping
from typing import Final

from interlock_dsl.cel.types import (
    BOOL,
    BYTES,
    DURATION,
    DYN,
    NULL,
    TIMESTAMP,
    AbstractType,
    Basic,
    DoubleType,
    Field,
    IntType,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    StringType,
    Type,
    TypeType,
    UintType,
    WrapperType,
)
from interlock_dsl.program.bundle.errors import BundleError
from interlock_dsl.program.bundle.places import read_double, strings

_BASIC: Final = (DYN, NULL, BOOL, BYTES, TIMESTAMP, DURATION)


class TypeTable:
    """Types with their numbers. `rows` are JSON values."""

    def __init__(self) -> None:
        self.rows: list[list[object]] = []
        self._numbers: dict[int, int] = {}
        self._alive: list[Type] = []

    def number(self, type: Type) -> int:
        """Return a type's number, writing its row if it has none yet."""
        known = self._numbers.get(id(type))
        if known is None:
            row = self._row(type)
            known = self._numbers[id(type)] = len(self.rows)
            self._alive.append(type)  # numbers go by identity
            self.rows.append(row)
        return known

    def _row(self, type: Type) -> list[object]:
        match type:
            case Basic(name) if type in _BASIC:
                return [name]
            case IntType(low, high):
                return ["int", low, high]
            case UintType(low, high):
                return ["uint", low, high]
            case DoubleType(low, high):
                return ["double", _text(low), _text(high)]
            case StringType(values, longest):
                return ["string", None if values is None else list(values), longest]
            case ListType(element, longest):
                return ["list", self.number(element), longest]
            case MapType(key, value, longest):
                return ["map", self.number(key), self.number(value), longest]
            case RecordType(name, fields):
                return ["record", name, [[key, *self._field(field)] for key, field in fields.items()]]
            case OptionalType(of):
                return ["optional", self.number(of)]
            case WrapperType(of):
                return ["wrapper", self.number(of)]
            case TypeType(of):
                return ["type", None if of is None else self.number(of)]
            case AbstractType(name, parameters):
                return ["abstract", name, [self.number(each) for each in parameters]]
            case _:
                raise BundleError(f"`{type}` has no place in a bundle")

    def _field(self, field: Field) -> list[object]:
        return [self.number(field.type), field.optional, sorted(field.labels), field.description]


def read_types(rows: list[object]) -> list[Type]:
    """Return the types of a table. Raises `BundleError`."""
    made: list[Type] = []
    for row in rows:
        if not isinstance(row, list) or not row or not isinstance(row[0], str):
            raise BundleError("a type is not written as one")
        reader = _READERS.get(row[0])
        if reader is None:
            raise BundleError("a type is of a kind that this version does not know")
        made.append(reader(made, row[1:]))
    return made


_Reader = Callable[[list[Type], list[object]], Type]


def _at(made: list[Type], number: object) -> Type:
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(made):
        return made[number]
    raise BundleError("a type refers to one that is not there")


def _whole(given: object) -> int | None:
    if given is None or (isinstance(given, int) and not isinstance(given, bool)):
        return given
    raise BundleError("a bound of a type is not a number")


def _double(given: object) -> float | None:
    return None if given is None else read_double(given)


def _text(bound: float | None) -> str | None:
    return None if bound is None else repr(float(bound))


def _exactly(count: int, reader: _Reader) -> _Reader:
    def read(made: list[Type], row: list[object]) -> Type:
        if len(row) != count:
            raise BundleError("a type has too many or too few parts")
        return reader(made, row)

    return read


def _record(made: list[Type], row: list[object]) -> Type:
    name, given = row
    if not isinstance(name, str) or not isinstance(given, list):
        raise BundleError("a record type is not written as one")
    fields: dict[str, Field] = {}
    for each in given:
        match each:
            case [str(key), number, bool(optional), labels, None | str() as description]:
                fields[key] = Field(_at(made, number), optional, frozenset(strings(labels)), description)
            case _:
                raise BundleError("a field of a record type is not written as one")
    return RecordType(name, fields)


def _abstract(made: list[Type], row: list[object]) -> Type:
    name, given = row
    if not isinstance(name, str) or not isinstance(given, list):
        raise BundleError("a type is not written as one")
    return AbstractType(name, tuple(_at(made, number) for number in given))


def _basic(type: Basic) -> _Reader:
    return lambda made, row: Basic(type.name)


_READERS: Final[Mapping[str, _Reader]] = {
    **{type.name: _exactly(0, _basic(type)) for type in _BASIC},
    "int": _exactly(2, lambda made, row: IntType(_whole(row[0]), _whole(row[1]))),
    "uint": _exactly(2, lambda made, row: UintType(_whole(row[0]), _whole(row[1]))),
    "double": _exactly(2, lambda made, row: DoubleType(_double(row[0]), _double(row[1]))),
    "string": _exactly(2, lambda made, row: StringType(None if row[0] is None else strings(row[0]), _whole(row[1]))),
    "list": _exactly(2, lambda made, row: ListType(_at(made, row[0]), _whole(row[1]))),
    "map": _exactly(3, lambda made, row: MapType(_at(made, row[0]), _at(made, row[1]), _whole(row[2]))),
    "record": _exactly(2, _record),
    "optional": _exactly(1, lambda made, row: OptionalType(_at(made, row[0]))),
    "wrapper": _exactly(1, lambda made, row: WrapperType(_at(made, row[0]))),
    "type": _exactly(1, lambda made, row: TypeType(None if row[0] is None else _at(made, row[0]))),
    "abstract": _exactly(2, _abstract),
}
