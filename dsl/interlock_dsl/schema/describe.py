"""JSON Schema (2020-12) of a type: what a model is told to answer with, what a form is drawn from."""

from collections.abc import Mapping

from interlock_dsl.cel.types import (
    Basic,
    DoubleType,
    Field,
    IntType,
    ListType,
    MapType,
    RecordType,
    StringType,
    Type,
    UintType,
)
from interlock_dsl.cel.values import INT_HIGH, INT_LOW, UINT_HIGH
from interlock_dsl.schema.scalars import DURATION_PATTERN

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(type: Type) -> dict[str, object]:
    """Return a self-contained schema: it accepts exactly the JSON values that `decode` does.

    (Two things JSON Schema cannot say, and `decode` is stricter about: an int is not written `5.0`, and a timestamp is
    a real one.)
    """
    return {"$schema": DIALECT, **_schema(type)}


def _schema(type: Type) -> dict[str, object]:
    match type:
        case IntType(low, high):
            return _number("integer", INT_LOW if low is None else low, INT_HIGH if high is None else high)
        case UintType(low, high):
            return _number("integer", low or 0, UINT_HIGH if high is None else high)
        case DoubleType(low, high):
            return _number("number", low, high)
        case StringType(values=None, max=max):
            return {"type": "string"} | _limit("maxLength", max)
        case StringType(values=values):
            return {"type": "string", "enum": list(values or ())}
        case ListType(element, max):
            return {"type": "array", "items": _schema(element)} | _limit("maxItems", max)
        case MapType(key, value, max):
            names = {"propertyNames": _names(key)} if key != StringType() else {}
            return {"type": "object", "additionalProperties": _schema(value)} | names | _limit("maxProperties", max)
        case RecordType(name, fields):
            return _record(name, fields)
        case Basic(name) if name in _BASIC:
            return dict(_BASIC[name])
        case _:
            raise TypeError(f"`{type}` has no form in JSON")


_BASIC: Mapping[str, Mapping[str, object]] = {
    "dyn": {},
    "null_type": {"type": "null"},
    "bool": {"type": "boolean"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "timestamp": {"type": "string", "format": "date-time"},
    "duration": {"type": "string", "pattern": DURATION_PATTERN},
}


def _record(name: str, fields: Mapping[str, Field]) -> dict[str, object]:
    return {
        "type": "object",
        **({"title": name} if name else {}),
        "properties": {key: _described(field) for key, field in fields.items()},
        "required": [key for key, field in fields.items() if not field.optional],
        "additionalProperties": False,
    }


def _described(field: Field) -> dict[str, object]:
    schema = _schema(field.type)
    return schema | {"description": field.description} if field.description else schema


def _names(key: Type) -> dict[str, object]:
    match key:
        case StringType():
            return _schema(key)
        case Basic("bool"):
            return {"enum": ["true", "false"]}
        case UintType():
            return {"pattern": "^[0-9]+$"}
        case _:
            return {"pattern": "^-?[0-9]+$"}


def _number(kind: str, low: float | None, high: float | None) -> dict[str, object]:
    return {"type": kind} | _limit("minimum", low) | _limit("maximum", high)


def _limit(word: str, limit: float | None) -> dict[str, object]:
    return {} if limit is None else {word: limit}
