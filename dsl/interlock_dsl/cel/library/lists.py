"""The list library: slices, nesting, order, repetition. `sortBy` is a macro over `@sortByKeys`."""

from collections.abc import Callable, Sequence
from functools import cmp_to_key
from typing import Final

from interlock_dsl.cel.library.declare import LIST, method, plain
from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    ListType,
    Type,
)
from interlock_dsl.cel.units import linear
from interlock_dsl.cel.values import Fault, adapt, equal, order, type_name

_SORTABLE: Final[tuple[tuple[str, Type], ...]] = (
    ("int", INT),
    ("uint", UINT),
    ("double", DOUBLE),
    ("bool", BOOL),
    ("duration", DURATION),
    ("timestamp", TIMESTAMP),
    ("string", STRING),
    ("bytes", BYTES),
)


def _range(count: int) -> list[int]:
    if count < 0:
        raise Fault("bad-argument", f"lists.range({count}) would have fewer than no items")
    return list(range(count))


def _slice(items: Sequence[object], start: int, end: int) -> list[object]:
    if start < 0 or end < 0 or start > end or end > len(items):
        message = f"a slice from {start} to {end} does not lie in a list of {len(items)}"
        raise Fault("no-such-index", message)
    return list(items[start:end])


def _flatten(items: Sequence[object], depth: int = 1) -> list[object]:
    if depth < 0:
        raise Fault("bad-argument", f"a list is not flattened by a negative number of levels, {depth}")
    flat: list[object] = list(items)
    for _ in range(depth):
        if not any(isinstance(item, list | tuple) for item in flat):
            break
        flat = [part for item in flat for part in (item if isinstance(item, list | tuple) else (item,))]
    return flat


def _distinct(items: Sequence[object]) -> list[object]:
    kept: list[object] = []
    for item in map(adapt, items):
        if not any(equal(item, other) for other in kept):
            kept.append(item)
    return kept


def _sort(items: Sequence[object]) -> list[object]:
    return _sort_by_keys(items, items)


def _sort_by_keys(items: Sequence[object], keys: Sequence[object]) -> list[object]:
    """Return the items in the order of their keys, which must be of one ordered type."""
    paired: list[tuple[object, object]] = list(zip(map(adapt, keys), items, strict=True))

    def by_key(one: tuple[object, object], other: tuple[object, object]) -> int:
        return _compare(one[0], other[0])

    paired.sort(key=cmp_to_key(by_key))
    if len(paired) == 1:
        _compare(paired[0][0], paired[0][0])
    return [item for _, item in paired]


def _compare(one: object, other: object) -> int:
    if type(one) is not type(other):
        raise Fault("no-such-overload", f"a list of {type_name(one)} and {type_name(other)} has no order")
    found = order(one, other)
    if found is None:
        raise Fault("not-a-number", "NaN has no place in an order")
    return found


def _sorting_cost(*sizes: int) -> int:
    return 1 + sizes[0] * max(1, sizes[0].bit_length())


def _typed(id: str, implementation: Callable[..., object]) -> tuple[Overload, ...]:
    """Declare a method of lists of each type that has an order."""
    return (
        *(
            method(f"list_{name}_{id}", (ListType(one),), ListType(one), implementation, _sorting_cost)
            for name, one in _SORTABLE
        ),
    )


def _reverse(items: Sequence[object]) -> list[object]:
    return list(items[::-1])


FUNCTIONS: Final = (
    Function("lists.range", (plain("lists_range", (INT,), ListType(INT), _range, lambda count: 1 + count),)),
    Function("slice", (method("list_slice", (LIST, INT, INT), LIST, _slice, lambda items, *_: linear(items)),)),
    Function(
        "flatten",
        (
            method("list_flatten", (ListType(LIST),), LIST, _flatten, lambda items: 1 + items),
            method("list_flatten_dyn", (ListType(DYN),), ListType(DYN), _flatten, lambda items: 1 + items),
            method(
                "list_flatten_int",
                (ListType(DYN), INT),
                ListType(DYN),
                _flatten,
                lambda items, depth: 1 + items * min(depth, 64),
            ),
        ),
    ),
    Function("sort", _typed("sort", _sort)),
    Function(
        "@sortByKeys",
        tuple(
            method(f"list_{name}_sortByKeys", (LIST, ListType(key)), LIST, _sort_by_keys, _keyed)
            for name, key in _SORTABLE
            for _keyed in [lambda items, keys: 1 + items + keys * max(1, keys.bit_length())]
        ),
    ),
    Function("distinct", (method("list_distinct", (LIST,), LIST, _distinct, lambda items: 1 + items * items),)),
    Function("reverse", (method("list_reverse", (LIST,), LIST, _reverse, linear),)),
)
