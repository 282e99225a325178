"""Declarations in a bundle: the classes of `program.model`, written and validated as their annotations say.

An object is a JSON object of those fields that do not have their default; one of several classes also says which it
`is`. A mapping is a list of pairs, for its order counts. A type is its number, an expression its scope and its tree.
Everything is validated strictly by pydantic before an object is made.
"""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.types import RecordType, Type
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.bundle.errors import BundleError
from interlock_dsl.program.bundle.expressions import Expressions
from interlock_dsl.program.bundle.places import Places
from interlock_dsl.program.bundle.types import TypeTable
from interlock_dsl.program.model import Route, Workflow
from interlock_dsl.schema.canonical import canonical

if TYPE_CHECKING:
    from pydantic_core import CoreSchema
    from pydantic_core.core_schema import ValidationInfo

MOST: Final = 200_000
"""How many items a list or mapping of a bundle may hold."""

_INTEGERS: Final = {"ge": -(2**63), "le": 2**64 - 1}

Write = Callable[["Writer", Any], object]
"""How a value of one annotation is written; which values there are is for the annotation to say."""


class Writer:
    """What writing needs besides the declarations."""

    def __init__(self, places: Places, types: TypeTable, expressions: Expressions) -> None:
        self.places, self.types, self.expressions = places, types, expressions


class Reader:
    """What reading needs besides the JSON value: validators get it as their context."""

    def __init__(self, places: Places, types: list[Type], expressions: Expressions) -> None:
        self.places, self.types, self.expressions = places, types, expressions

    def type(self, number: object) -> Type:
        """Return the type of a number. Raises `BundleError`."""
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(self.types):
            return self.types[number]
        raise BundleError("a declaration refers to a type that is not there")


# --- writing ---------------------------------------------------------------------------------------------------------


def write(annotation: Any, value: object, writer: Writer) -> object:
    """Return the JSON value of a declaration."""
    return _writer_of(annotation)(writer, value)


@cache
def _writer_of(annotation: object) -> Write:
    if annotation is Span:
        return lambda writer, value: writer.places.write(value)
    if annotation is CompiledExpression:
        return lambda writer, value: writer.expressions.write(value)
    if isinstance(annotation, type) and issubclass(annotation, Type):
        return lambda writer, value: writer.types.number(value)
    if isinstance(annotation, type) and is_dataclass(annotation):
        return _object_writer(annotation)
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is tuple:
        item = _writer_of(inside[0])
        return lambda writer, value: [item(writer, each) for each in value]
    if origin is frozenset:
        return lambda writer, value: sorted(value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        inner = _writer_of(inside[1])
        return lambda writer, value: [[key, inner(writer, each)] for key, each in value.items()]
    if origin is Union or origin is types.UnionType:
        return _union_writer(inside)
    if annotation is object:
        return lambda writer, value: canonical(value).decode()
    return lambda writer, value: value


def _object_writer(kind: type) -> Write:
    defaults = {field.name: field.default for field in fields(kind)}

    def write_object(writer: Writer, value: object) -> object:
        made: dict[str, object] = {}
        for name, annotation in _parts(kind).items():
            held = getattr(value, name)
            default = defaults.get(name, MISSING)
            if default is MISSING or held.__class__ is not default.__class__ or held != default:
                made[name] = _writer_of(annotation)(writer, held)
        return made

    return write_object


def _union_writer(inside: tuple[object, ...]) -> Write:
    kinds = [each for each in inside if each is not type(None)]
    if len(kinds) == 1 or any(not (isinstance(each, type) and is_dataclass(each)) for each in kinds):
        one = _writer_of(kinds[0])
        return lambda writer, value: None if value is None else one(writer, value)

    def write_one(writer: Writer, value: object) -> object:
        if value is None:
            return None
        made = write(type(value), value, writer)
        assert isinstance(made, dict)
        return made | {"is": type(value).__name__}

    return write_one


@cache
def _parts(kind: type) -> Mapping[str, object]:
    """Return the fields of a class that are written, with their annotations."""
    hints = get_type_hints(kind, localns={"CompiledExpression": CompiledExpression, "MultiDiGraph": Mapping})
    if kind is Workflow:
        # The graph holds the routes and is made of them again.
        return {name: hint for name, hint in hints.items() if name != "network"} | {"routes": tuple[Route, ...]}
    return {field.name: hints[field.name] for field in fields(kind)}


# --- reading ---------------------------------------------------------------------------------------------------------


def read(annotation: object, given: object, reader: Reader) -> Any:
    """Return the declaration that a JSON value stands for. Raises `BundleError`."""
    from pydantic_core import ValidationError

    try:
        return _validator(annotation).validate_python(given, context=reader)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BundleError(f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from None


@cache
def _validator(annotation: object) -> Any:
    from pydantic_core import SchemaValidator
    from pydantic_core import core_schema as core

    made: dict[type, CoreSchema] = {}
    schema = _schema(annotation, made)
    return SchemaValidator(core.definitions_schema(schema, list(made.values())))


def _schema(annotation: object, made: "dict[type, CoreSchema]") -> "CoreSchema":
    from pydantic_core import core_schema as core

    if annotation is Span:
        return core.with_info_plain_validator_function(lambda given, info: _context(info).places.read(given))
    if annotation is CompiledExpression:
        return core.with_info_plain_validator_function(lambda given, info: _context(info).expressions.read(given))
    if isinstance(annotation, type) and issubclass(annotation, Type):
        return _type_schema(annotation)
    if isinstance(annotation, type) and is_dataclass(annotation):
        return _object_schema(annotation, made)
    if annotation in _SCALARS:
        return _SCALARS[annotation]()
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return core.literal_schema(list(inside))
    if origin is tuple:
        return core.tuple_schema([_schema(inside[0], made)], variadic_item_index=0, max_length=MOST)
    if origin is frozenset:
        return core.frozenset_schema(_schema(inside[0], made), max_length=MOST)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_schema(_schema(inside[1], made))
    if origin is Union or origin is types.UnionType:
        return _union_schema(inside, made)
    raise TypeError(f"a bundle cannot hold a {annotation}")


def _context(info: "ValidationInfo") -> Reader:
    assert isinstance(info.context, Reader)
    return info.context


def _type_schema(wanted: type) -> "CoreSchema":
    from pydantic_core import core_schema as core

    def read_type(given: object, info: "ValidationInfo") -> Type:
        found = _context(info).type(given)
        if wanted is RecordType and not isinstance(found, RecordType):
            raise BundleError("a declaration refers to a type that is no record")
        return found

    return core.with_info_plain_validator_function(read_type)


def _mapping_schema(value: "CoreSchema") -> "CoreSchema":
    from pydantic_core import core_schema as core

    pair = core.tuple_schema([core.str_schema(strict=True), value])
    return core.no_info_after_validator_function(_mapping, core.list_schema(pair, max_length=MOST))


def _mapping(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BundleError("a name is there twice")
    return MappingProxyType(found)


def _union_schema(inside: tuple[object, ...], made: "dict[type, CoreSchema]") -> "CoreSchema":
    from pydantic_core import core_schema as core

    kinds = [each for each in inside if each is not type(None)]
    classes = {each.__name__: each for each in kinds if isinstance(each, type) and is_dataclass(each)}
    if len(kinds) == 1 or len(classes) != len(kinds):
        schema = _schema(kinds[0], made)
    else:
        choices: dict[Any, CoreSchema] = {
            name: core.no_info_before_validator_function(_without_is, _schema(kind, made))
            for name, kind in classes.items()
        }
        schema = core.tagged_union_schema(choices, discriminator="is")
    return core.nullable_schema(schema) if type(None) in inside else schema


def _without_is(given: object) -> object:
    return {key: value for key, value in given.items() if key != "is"} if isinstance(given, dict) else given


def _object_schema(kind: type, made: "dict[type, CoreSchema]") -> "CoreSchema":
    from pydantic_core import core_schema as core

    reference = core.definition_reference_schema(kind.__name__)
    if kind in made:
        return reference
    made[kind] = reference
    required = {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}
    members = {
        name: core.typed_dict_field(_schema(annotation, made), required=name in required or name == "routes")
        for name, annotation in _parts(kind).items()
    }
    given = core.typed_dict_schema(members, extra_behavior="forbid", strict=True)
    made[kind] = core.no_info_after_validator_function(_maker(kind), given, ref=kind.__name__)
    return reference


def _maker(kind: type) -> Callable[[dict[str, Any]], object]:
    def workflow(given: dict[str, Any]) -> Workflow:
        from interlock_dsl.program.bundle.network import network

        routes = given.pop("routes")
        return Workflow(**given, network=network(given["steps"], given["ends"], routes))

    return workflow if kind is Workflow else lambda given: kind(**given)


def _value(given: object) -> object:
    if not isinstance(given, str):
        raise BundleError("a value is not written as one")
    return json.loads(given)


def _scalars() -> "Mapping[object, Callable[[], CoreSchema]]":
    def text() -> "CoreSchema":
        from pydantic_core import core_schema as core

        return core.str_schema(strict=True)

    def integer() -> "CoreSchema":
        from pydantic_core import core_schema as core

        return core.int_schema(strict=True, ge=_INTEGERS["ge"], le=_INTEGERS["le"])

    def truth() -> "CoreSchema":
        from pydantic_core import core_schema as core

        return core.bool_schema(strict=True)

    def anything() -> "CoreSchema":
        from pydantic_core import core_schema as core

        return core.no_info_plain_validator_function(_value)

    return {str: text, int: integer, bool: truth, object: anything}


_SCALARS: Final = _scalars()
