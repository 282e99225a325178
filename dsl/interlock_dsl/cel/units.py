"""What evaluation costs: the units that the runtime limit counts and the static bound foresees.

    every evaluated node                     1
    every iteration of a comprehension       1, besides its condition and body
    a call whose overload has a `cost`       that many instead of its 1, at least 1; computed before the call from the
                                             sizes of its arguments, receiver first
    `==` `!=` and the orderings              1 + length of the shorter // 16 for two texts, 1 + size of the smaller for
                                             two containers, else 1
    `in`                                     over a list 1 + its length * (what comparing with the item costs), over a
                                             map 1
    `+` of text, bytes or lists              1 + (length of the left + length of the right) // 16

Measuring is done before the work. It looks once at each part of a value, however many times over the value holds it,
and a comparison is measured no further than what may still be spent.

The size of text and bytes is their length; of a list or map the sum over its parts, where a part counts 1, or
1 + length // 16 if it is text or bytes, or 1 + its own size if it is a container; of an int or uint its magnitude
(a function that makes as many items as a number says is costed by it); of anything else 1.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import NoneType
from typing import Final, TypeAlias

from interlock_dsl.cel.values import Optional, UInt, find

CHUNK: Final = 16
"""Code points, octets or items that one unit of copying or comparing covers."""


MOST: Final = 1 << 62
"""No value that is measured without a limit is larger."""

_Known: TypeAlias = dict[tuple[int, int], int]
_HOLDING: Final = (list, tuple, Mapping, Optional)
_SCALARS: Final = frozenset({int, float, bool, NoneType, UInt})


def size(value: object) -> int:
    """Return the size of an argument.

    A value may hold another many times over, so that it is small in memory and huge when it is read as a tree: each
    part is measured once, so measuring costs no more than making the value did.
    """
    kind = type(value)
    if kind is int or kind is UInt:
        return max(1, abs(value))  # type: ignore[arg-type]
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, list | tuple | Mapping):
        return _parts(value, {})
    if isinstance(value, Optional):
        return _part(value.value, {}) if value.present else 1
    return 1


def part(value: object) -> int:
    """Return what a value counts as a part of another: scalars 1, whatever they are."""
    kind = type(value)
    if kind in _SCALARS:
        return 1
    if kind is str:
        return 1 + len(value) // CHUNK  # type: ignore[arg-type]
    if kind is not dict:
        return _part(value, {})
    total = 1
    for key, item in value.items():  # type: ignore[attr-defined]
        if type(item) not in _SCALARS or type(key) is not str:
            return _part(value, {})
        total += 2 + len(key) // CHUNK
    return total


def _parts(value: Sequence[object] | Mapping[object, object], known: dict[int, int]) -> int:
    found = known.get(id(value))
    if found is None:
        found = _total(value, known)
        if isinstance(value, Mapping):
            found += _total(value.values(), known)
        known[id(value)] = found
    return found


def _total(items: Collection[object], known: dict[int, int]) -> int:
    return len(items) if _SCALARS.issuperset(map(type, items)) else sum(_part(item, known) for item in items)


def _part(value: object, known: dict[int, int]) -> int:
    if isinstance(value, str | bytes):
        return 1 + len(value) // CHUNK
    if isinstance(value, list | tuple | Mapping):
        return 1 + _parts(value, known)
    if isinstance(value, Optional) and value.present:
        return 1 + _part(value.value, known)
    return 1


def joining(left: object, right: object, most: int = MOST) -> int:
    """Return the cost of joining two values: the items of lists are not copied, however large they are."""
    return 1 + (_length(left) + _length(right)) // CHUNK


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | bytes | list | tuple) else 0


def comparing(left: object, right: object, most: int = MOST) -> int:
    """Return the cost of `==` and the orderings: values that differ in size or in kind differ early."""
    return _shared_part(left, right, most, {})


def _shared(left: object, right: object, most: int, known: _Known) -> int:
    """Return how much of two values is looked at to compare them: at most the size of the smaller."""
    if isinstance(left, str | bytes) and isinstance(right, str | bytes):
        return min(len(left), len(right))
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return _pairs(zip(left, right, strict=True), most, known) if len(left) == len(right) else 0
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        if len(left) != len(right):
            return 0
        keys = sum(_part(key, {}) for key in left)
        return keys + _pairs(((item, find(right, key)) for key, item in left.items()), most - keys, known)
    if isinstance(left, Optional) and isinstance(right, Optional) and left.present and right.present:
        return _shared_part(left.value, right.value, most, known)
    return 0


def _pairs(pairs: Iterable[tuple[object, object]], most: int, known: _Known) -> int:
    total = 0
    for left, right in pairs:
        total += _shared_part(left, right, most - total, known)
        if total > most:
            break
    return total


def _shared_part(left: object, right: object, most: int, known: _Known) -> int:
    if isinstance(left, str | bytes):
        return 1 + _shared(left, right, most, known) // CHUNK
    if not isinstance(left, _HOLDING):
        return 1
    pair = id(left), id(right)
    found = known.get(pair)
    if found is None:
        found = known[pair] = 1 + _shared(left, right, most, known)
    return found


def searching(item: object, among: object, most: int = MOST) -> int:
    """Return the cost of `in`."""
    if not isinstance(among, list | tuple):
        return 1
    short = isinstance(item, str | bytes) and len(item) < CHUNK
    if short or not isinstance(item, (str, bytes, *_HOLDING)):
        return 1 + len(among)
    total = 1
    for other in among:
        total += comparing(item, other, most - total)
        if total > most:
            break
    return total


def linear(*sizes: int) -> int:
    """Cost of a function that reads its arguments once."""
    return 1 + sum(sizes) // CHUNK
