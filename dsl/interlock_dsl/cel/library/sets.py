"""Lists as sets: order and repetition do not matter."""

from collections.abc import Sequence
from typing import Final

from interlock_dsl.cel.library.declare import LIST, plain
from interlock_dsl.cel.signature import Function
from interlock_dsl.cel.types import BOOL
from interlock_dsl.cel.values import equal


def _among(item: object, items: Sequence[object]) -> bool:
    return any(equal(item, other) for other in items)


def contains(items: Sequence[object], wanted: Sequence[object]) -> bool:
    """Whether every item of `wanted` is among `items`."""
    return all(_among(item, items) for item in wanted)


def _equivalent(one: Sequence[object], other: Sequence[object]) -> bool:
    return contains(one, other) and contains(other, one)


def _intersects(one: Sequence[object], other: Sequence[object]) -> bool:
    return any(_among(item, other) for item in one)


def pairwise(one: int, other: int) -> int:
    """Cost of comparing every item of one list with every item of another."""
    return 1 + one * other


FUNCTIONS: Final = (
    Function("sets.contains", (plain("list_sets_contains_list", (LIST, LIST), BOOL, contains, pairwise),)),
    Function(
        "sets.equivalent",
        (plain("list_sets_equivalent_list", (LIST, LIST), BOOL, _equivalent, lambda a, b: 2 * pairwise(a, b)),),
    ),
    Function("sets.intersects", (plain("list_sets_intersects_list", (LIST, LIST), BOOL, _intersects, pairwise),)),
)
