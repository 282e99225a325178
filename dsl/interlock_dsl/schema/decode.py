"""JSON in: a validator for each type, built once.

Validators are strict: nothing is converted that JSON can say itself, so `"5"` is no int, `true` is no number, and
a field that nobody declared is refused.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from interlock_dsl.cel.types import (
    Basic,
    Cases,
    DoubleType,
    IntType,
    ListType,
    MapType,
    RecordType,
    StringType,
    Type,
    UintType,
)
from interlock_dsl.cel.values import INT_HIGH, INT_LOW, UINT_HIGH, UInt
from interlock_dsl.schema.errors import ValidationError, explained
from interlock_dsl.schema.json_value import json_value
from interlock_dsl.schema.scalars import read_bytes, read_duration, read_timestamp

if TYPE_CHECKING:
    from pydantic_core import CoreSchema, SchemaValidator

# Records hash by name alone, so the cache goes by identity; each entry keeps its type alive and the identity with it.
_validators: "dict[int, tuple[Type, SchemaValidator]]" = {}
_CACHED = 4096
_UNBOUNDED = 2**62
"""A length that no text has. Only where there is a bound does pydantic refuse half a surrogate pair."""


def decode(type: Type, value: object) -> object:
    """Return the value of a type that a JSON value stands for.

    Raises `ValidationError`, with one line for each thing that is wrong, when it stands for none.
    """
    cached = _validators.get(id(type))
    validator = cached[1] if cached is not None else _built(type)
    try:
        return validator.validate_python(value)
    except ValueError as error:
        raise explained(type, value, error) from None
    except RecursionError:
        raise ValidationError(("value: nested too deeply",)) from None


def _built(type: Type) -> "SchemaValidator":
    from pydantic_core import SchemaValidator

    validator = SchemaValidator(_schema(type))
    if len(_validators) >= _CACHED:
        _validators.clear()
    _validators[id(type)] = (type, validator)
    return validator


def _schema(type: Type) -> "CoreSchema":
    from pydantic_core import core_schema as core

    match type:
        case IntType(low, high):
            return core.int_schema(
                strict=True, ge=INT_LOW if low is None else low, le=INT_HIGH if high is None else high
            )
        case UintType(low, high):
            number = core.int_schema(strict=True, ge=low or 0, le=UINT_HIGH if high is None else high)
            return core.no_info_after_validator_function(UInt, number)
        case DoubleType(low, high):
            return core.float_schema(strict=True, allow_inf_nan=False, ge=low, le=high)
        case StringType(values=None, max=max):
            return core.str_schema(strict=True, max_length=_UNBOUNDED if max is None else max)
        case StringType(values=values):
            return core.literal_schema(list(values or ()))
        case ListType(element, max):
            return core.list_schema(_schema(element), strict=True, max_length=max)
        case MapType(key, value, max):
            return core.dict_schema(_key(key), _schema(value), strict=True, max_length=max)
        case RecordType():
            return _record(type)
        case Basic():
            return _basic(type)
        case _:
            raise TypeError(f"`{type}` has no form in JSON")


def _record(type: RecordType) -> "CoreSchema":
    from pydantic_core import core_schema as core

    fields = {
        name: core.typed_dict_field(_schema(field.type), required=not field.optional)
        for name, field in type.fields.items()
    }
    record = core.typed_dict_schema(fields, extra_behavior="forbid", strict=True)
    return record if type.cases is None else core.no_info_after_validator_function(_of_a_case(type.cases), record)


def _of_a_case(cases: Cases) -> Callable[[dict[str, object]], dict[str, object]]:
    told = frozenset().union(*(names for _, names in cases.present))

    def judge(record: dict[str, object]) -> dict[str, object]:
        present = dict(cases.present).get(cast("str | bool", record[cases.field]))
        if present is None or told & record.keys() != present:
            raise ValueError(f"not the fields of a record whose `{cases.field}` is {record[cases.field]!r}")
        return record

    return judge


def _basic(type: Basic) -> "CoreSchema":
    from pydantic_core import core_schema as core

    match type.name:
        case "bool":
            return core.bool_schema(strict=True)
        case "null_type":
            return core.none_schema()
        case "timestamp":
            return core.no_info_plain_validator_function(read_timestamp)
        case "duration":
            return core.no_info_plain_validator_function(read_duration)
        case "bytes":
            return core.no_info_plain_validator_function(read_bytes)
        case "dyn":
            return core.no_info_plain_validator_function(json_value)
        case _:
            raise TypeError(f"`{type}` has no form in JSON")


def _key(type: Type) -> "CoreSchema":
    from pydantic_core import core_schema as core

    match type:
        case IntType() | UintType():
            return core.no_info_before_validator_function(_whole, _schema(type))
        case Basic("bool"):
            return core.no_info_plain_validator_function(_truth)
        case _:
            return _schema(type)


def _whole(key: object) -> object:
    if not isinstance(key, str) or not key.removeprefix("-").isdecimal() or not key.isascii() or len(key) > 20:
        raise ValueError("not a whole number")
    return int(key)


def _truth(key: object) -> bool:
    if key not in ("true", "false"):
        raise ValueError("neither `true` nor `false`")
    return key == "true"
