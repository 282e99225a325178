"""What functions over lists can come to for lists of given domains, and the errors they can end in."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from interlock_dsl.analysis.values.arithmetic import NO_ERRORS, Errors
from interlock_dsl.analysis.values.domain import (
    MANY,
    NOTHING,
    Domain,
    Numbers,
    Perhaps,
    Sized,
    Text,
    domain_of,
    size_of,
)
from interlock_dsl.cel.types import ListType

Result: TypeAlias = tuple[Domain, Errors]
Rule: TypeAlias = Callable[[Sequence[Domain]], Result | None]
"""What a function can come to; None where its type and its errors say all."""

_ORDERED: Final = ("int", "uint", "bool", "duration", "timestamp", "string", "bytes")
"""What can be put in order, but for doubles: a NaN has no place."""

FAILING_OF_LISTS: Final[dict[str, Errors]] = {
    **{f"list_{kind}_sort": NO_ERRORS for kind in _ORDERED},
    **{f"list_{kind}_sortByKeys": NO_ERRORS for kind in _ORDERED},
    "list_double_sort": frozenset({"not-a-number"}),
    "list_double_sortByKeys": frozenset({"not-a-number"}),
    "list_flatten": NO_ERRORS,
    "list_flatten_dyn": NO_ERRORS,
    "list_flatten_int": frozenset({"bad-argument"}),
    "list_join": NO_ERRORS,
    "list_join_string": NO_ERRORS,
    "math_greatest_list_double": frozenset({"bad-argument", "not-a-number"}),
    "math_least_list_double": frozenset({"bad-argument", "not-a-number"}),
    **{
        f"math_{name}_list_{kind}": frozenset({"bad-argument"})
        for name in ("greatest", "least")
        for kind in ("int", "uint")
    },
    "list_slice": frozenset({"no-such-index"}),
    "lists_range": frozenset({"bad-argument"}),
}
"""The errors of overloads over lists."""


def extreme_of(numbers: Sized) -> Result | None:
    """Return what the greatest or the least of a list of numbers can be."""
    element = domain_of(numbers.element)
    if not isinstance(element, Numbers):
        return None
    empty = frozenset({"bad-argument"}) if numbers.low == 0 else NO_ERRORS
    nan = frozenset({"not-a-number"}) if element.nan else NO_ERRORS
    return (element if numbers.high else NOTHING), empty | nan


def _sorted(arguments: Sequence[Domain]) -> Result | None:
    return (arguments[0], NO_ERRORS) if isinstance(arguments[0], Sized) else None


def _sorted_by_doubles(arguments: Sequence[Domain]) -> Result | None:
    of, keys = arguments[0], arguments[-1]
    if not isinstance(of, Sized) or not isinstance(keys, Sized):
        return None
    element = domain_of(keys.element)
    ordered = isinstance(element, Numbers) and not element.nan
    return of, NO_ERRORS if ordered else frozenset({"not-a-number"})


def _flattened(arguments: Sequence[Domain]) -> Result | None:
    of = arguments[0]
    if not isinstance(of, Sized) or not isinstance(of.element, ListType) or len(arguments) > 1:
        return None
    most = MANY if of.element.max is None else of.element.max
    return Sized("list", 0, min(MANY, of.high * most), of.element.element), NO_ERRORS


def _distinct(arguments: Sequence[Domain]) -> Result | None:
    of = arguments[0]
    return (Sized("list", min(1, of.low), of.high, of.element), NO_ERRORS) if isinstance(of, Sized) else None


def _sliced(arguments: Sequence[Domain]) -> Result | None:
    match arguments:
        case (Sized() as of, Numbers(low=start, high=last), Numbers(low=end, high=most)):
            sure = start >= 0 and last <= end and most <= of.low
            low, high = max(0, int(end - last)), max(0, int(min(most, of.high) - max(0, start)))
            return Sized("list", low, high, of.element), NO_ERRORS if sure else frozenset({"no-such-index"})
        case _:
            return None


def _joined(arguments: Sequence[Domain]) -> Result | None:
    of = arguments[0]
    if not isinstance(of, Sized):
        return None
    low, high = size_of(domain_of(of.element))
    least, most = size_of(arguments[1]) if len(arguments) > 1 else (0, 0)
    shortest = of.low * low + max(0, of.low - 1) * least
    return Text(min(MANY, shortest), min(MANY, of.high * high + max(0, of.high - 1) * most)), NO_ERRORS


def _end_item(arguments: Sequence[Domain]) -> Result | None:
    of = arguments[0]
    if not isinstance(of, Sized):
        return None
    return Perhaps(domain_of(of.element), some=of.high > 0, none=of.low == 0), NO_ERRORS


OF_LISTS: Final[dict[str, Rule]] = {
    "sort": _sorted,
    "@sortByKeys": _sorted,
    "list_double_sort": _sorted_by_doubles,
    "list_double_sortByKeys": _sorted_by_doubles,
    "flatten": _flattened,
    "distinct": _distinct,
    "slice": _sliced,
    "list_reverse": lambda arguments: (arguments[0], NO_ERRORS),
    "join": _joined,
    "first": _end_item,
    "last": _end_item,
}
"""Of functions or overloads, by name."""
