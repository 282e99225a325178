"""What evaluation costs: the units that the runtime limit counts and the static bound foresees.

    every evaluated node                     1
    every iteration of a comprehension       1, besides its condition and body
    a call whose overload has a `cost`       that many instead of its 1, at least 1; computed before the call from the
                                             sizes of its arguments, receiver first
    `==` `!=` and the orderings              1 + length of the shorter // 16 for two texts, 1 + size of the smaller for
                                             two containers, else 1
    `in`                                     over a list 1 + its length * (what comparing with the item costs), over a
                                             map 1
    `+` of text, bytes or lists              1 + (size of the left + size of the right) // 16

The size of text and bytes is their length; of a list or map the sum over its parts, where a part counts 1, or
1 + length // 16 if it is text or bytes, or 1 + its own size if it is a container; of an int or uint its magnitude
(a function that makes as many items as a number says is costed by it); of anything else 1.
"""

from collections.abc import Mapping
from typing import Final

from interlock_dsl.cel.values import Optional, UInt, find

CHUNK: Final = 16
"""Code points, octets or items that one unit of copying or comparing covers."""


_HOLDING: Final = (list, tuple, Mapping, Optional)


def size(value: object) -> int:
    """Return the size of an argument."""
    kind = type(value)
    if kind is int or kind is UInt:
        return max(1, abs(value))  # type: ignore[arg-type]
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, list | tuple):
        return sum(map(_part, value))
    if isinstance(value, Mapping):
        return sum(_part(key) + _part(item) for key, item in value.items())
    if isinstance(value, Optional):
        return _part(value.value) if value.present else 1
    return 1


def _part(value: object) -> int:
    if isinstance(value, str | bytes):
        return 1 + len(value) // CHUNK
    if isinstance(value, list | tuple | Mapping):
        return 1 + size(value)
    if isinstance(value, Optional) and value.present:
        return 1 + _part(value.value)
    return 1


def extent(value: object) -> int:
    """Return what a value adds to the cost of comparing or copying it: 0 for a scalar."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, list | tuple | Mapping | Optional):
        return size(value)
    return 0


def pairing(left: object, right: object) -> int:
    """Return the cost of joining two values."""
    return 1 + (extent(left) + extent(right)) // CHUNK


def comparing(left: object, right: object) -> int:
    """Return the cost of `==` and the orderings: values that differ in size or in kind differ early."""
    if isinstance(left, str | bytes):
        return 1 + _shared(left, right) // CHUNK
    return 1 + _shared(left, right)


def _shared(left: object, right: object) -> int:
    """Return how much of two values is looked at to compare them: at most the size of the smaller."""
    if isinstance(left, str | bytes) and isinstance(right, str | bytes):
        return min(len(left), len(right))
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return sum(map(_shared_part, left, right)) if len(left) == len(right) else 0
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        if len(left) != len(right):
            return 0
        return sum(_part(key) + _shared_part(item, find(right, key)) for key, item in left.items())
    if isinstance(left, Optional) and isinstance(right, Optional) and left.present and right.present:
        return _shared_part(left.value, right.value)
    return 0


def _shared_part(left: object, right: object) -> int:
    if isinstance(left, str | bytes):
        return 1 + _shared(left, right) // CHUNK
    return 1 + _shared(left, right)


def searching(item: object, among: object) -> int:
    """Return the cost of `in`."""
    if not isinstance(among, list | tuple):
        return 1
    if extent(item) < CHUNK and not isinstance(item, _HOLDING):
        return 1 + len(among)
    return 1 + sum(comparing(item, other) for other in among)


def linear(*sizes: int) -> int:
    """Cost of a function that reads its arguments once."""
    return 1 + sum(sizes) // CHUNK
