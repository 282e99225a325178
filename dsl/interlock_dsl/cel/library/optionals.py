"""Optionals: values that may be none.

`or` and `orValue` evaluate their argument only when there is no value; the evaluator sees to that.
"""

from typing import Final

from interlock_dsl.cel.library.declare import LIST, OPTIONAL, T, method, plain
from interlock_dsl.cel.signature import Function
from interlock_dsl.cel.types import BOOL, ListType
from interlock_dsl.cel.units import linear
from interlock_dsl.cel.values import NONE, Duration, Fault, Optional, Timestamp, adapt, type_name


def _of_non_zero(value: object) -> Optional:
    return NONE if _is_zero(value) else Optional.of(value)


def _is_zero(value: object) -> bool:
    match value:
        case Timestamp() | Duration():
            return value.nanoseconds == 0
        case Optional():
            return not value.present
    try:
        return not value
    except Exception:  # an opaque value of the host may have no truth
        return False


def _or(first: Optional, second: Optional) -> Optional:
    return first if first.present else second


def _or_value(first: Optional, value: object) -> object:
    return first.value if first.present else value


def _unwrap(items: list[object]) -> list[object]:
    found: list[object] = []
    for item in map(adapt, items):
        if not isinstance(item, Optional):
            raise Fault("no-such-overload", f"optional.unwrap takes a list of optionals, not of {type_name(item)}")
        if item.present:
            found.append(item.value)
    return found


def _first(items: list[object]) -> Optional:
    return Optional.of(adapt(items[0])) if items else NONE


def _last(items: list[object]) -> Optional:
    return Optional.of(adapt(items[-1])) if items else NONE


FUNCTIONS: Final = (
    Function("optional.of", (plain("optional_of", (T,), OPTIONAL, Optional.of),)),
    Function("optional.ofNonZeroValue", (plain("optional_ofNonZeroValue", (T,), OPTIONAL, _of_non_zero),)),
    Function("optional.none", (plain("optional_none", (), OPTIONAL, lambda: NONE),)),
    Function("hasValue", (method("optional_hasValue", (OPTIONAL,), BOOL, lambda optional: optional.present),)),
    Function("value", (method("optional_value", (OPTIONAL,), T, lambda optional: optional.value),)),
    Function("or", (method("optional_or_optional", (OPTIONAL, OPTIONAL), OPTIONAL, _or),)),
    Function("orValue", (method("optional_orValue_value", (OPTIONAL, T), T, _or_value),)),
    Function("optional.unwrap", (plain("optional_unwrap", (ListType(OPTIONAL),), LIST, _unwrap, linear),)),
    Function("unwrapOpt", (method("optional_unwrapOpt", (ListType(OPTIONAL),), LIST, _unwrap, linear),)),
    Function("first", (method("list_first", (LIST,), OPTIONAL, _first),)),
    Function("last", (method("list_last", (LIST,), OPTIONAL, _last),)),
)
