"""Whether a value is of a declared type: of its kind, within its bounds, with its fields."""

from collections.abc import Mapping

from interlock_dsl.analysis.values.domain import domain_of
from interlock_dsl.analysis.values.points import contains
from interlock_dsl.cel.types import Basic, Cases, ListType, MapType, RecordType, Type


def conforms(value: object, type: Type) -> bool:
    """Say whether a value is of a type."""
    match type:
        case RecordType(fields=fields, cases=cases):
            if not isinstance(value, Mapping) or not value.keys() <= fields.keys():
                return False
            if cases is not None and not _of_a_case(value, cases):
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


def _of_a_case(value: Mapping[object, object], cases: Cases) -> bool:
    told = frozenset().union(*(names for _, names in cases.present))
    return any(value.get(cases.field) == case and told & value.keys() == names for case, names in cases.present)
