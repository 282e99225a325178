"""Whether a value is of a declared type: of its kind, within its bounds, with its fields."""

from collections.abc import Mapping

from interlock_dsl.analysis.values.domain import domain_of
from interlock_dsl.analysis.values.points import contains
from interlock_dsl.cel.types import Basic, ListType, MapType, RecordType, Type


def conforms(value: object, type: Type) -> bool:
    """Say whether a value is of a type."""
    match type:
        case RecordType(fields=fields):
            if not isinstance(value, Mapping) or not value.keys() <= fields.keys():
                return False
            return all(
                conforms(value[name], field.type) if name in value else field.optional for name, field in fields.items()
            )
        case ListType(element):
            if not isinstance(value, list | tuple) or not contains(domain_of(type), value):
                return False
            return all(conforms(item, element) for item in value)
        case MapType(key, held):
            if not isinstance(value, Mapping) or not contains(domain_of(type), value):
                return False
            return all(conforms(k, key) and conforms(v, held) for k, v in value.items())
        case Basic("dyn"):
            return True
        case _:
            return contains(domain_of(type), value)
