"""JSON out: the one walk from values to what JSON can say."""

from collections.abc import Callable, Mapping

from interlock_dsl.cel.library.instants import duration_text, timestamp_text
from interlock_dsl.cel.types import DYN, ListType, MapType, RecordType, Type
from interlock_dsl.cel.values import Duration, Timestamp, UInt
from interlock_dsl.schema.scalars import write_bytes

Convert = Callable[[object], object]
"""Returns, for a value that is not one of the language, one that is; raises TypeError where there is none."""


def _refuse(value: object) -> object:
    raise TypeError(f"a {value.__class__.__name__} has no form in JSON")


def encode(type: Type, value: object, convert: Convert = _refuse) -> object:
    """Return the JSON value that stands for a value of a type (DYN: not known): the inverse of `decode`.

    `convert` is asked about what is no value of the language. Raises TypeError for what has no form in JSON.
    """
    match value:
        case None | bool() | str() | float():
            return value
        case int():
            return int(value) if isinstance(value, UInt) else value
        case Mapping():
            if isinstance(type, RecordType):
                fields = type.fields
                return {
                    str(name): encode(fields[name].type, item, convert)
                    for name, item in value.items()
                    if name in fields
                }
            inner = type.value if isinstance(type, MapType) else DYN
            return {_key(name): encode(inner, item, convert) for name, item in value.items()}
        case list() | tuple():
            inner = type.element if isinstance(type, ListType) else DYN
            return [encode(inner, item, convert) for item in value]
        case Timestamp():
            return timestamp_text(value)
        case Duration():
            return duration_text(value)
        case bytes():
            return write_bytes(value)
        case _:
            converted = convert(value)
            return value if converted is value else encode(type, converted, convert)


def _key(key: object) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(int(key) if isinstance(key, UInt) else key)
