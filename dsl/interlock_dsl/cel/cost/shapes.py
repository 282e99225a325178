"""How large a value can be, from the bounds of its type: what the static cost of an expression is computed from.

None is "nothing bounds it". The quantities are those of `units`.
"""

from dataclasses import dataclass, replace

from interlock_dsl.cel.check import text_max
from interlock_dsl.cel.types import (
    BYTES,
    DYN,
    IntType,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    StringType,
    Type,
    TypeParameter,
    UintType,
    WrapperType,
)
from interlock_dsl.cel.units import CHUNK


@dataclass(frozen=True, slots=True)
class Shape:
    """Upper bounds for a value: its size as an argument, as a part of a container, and what is in it.

    `extent` is the size where comparing or copying costs more for larger values, 0 for a scalar. `count` and the
    shapes of keys and items are those of containers.
    """

    size: int | None
    part: int | None
    extent: int | None = 0
    count: int | None = None
    key: "Shape | None" = None
    item: "Shape | None" = None


SCALAR = Shape(1, 1)
UNKNOWN = Shape(None, None, None)


def add(*values: int | None) -> int | None:
    """Return the sum, None if one of the values has no bound."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def times(left: int | None, right: int | None) -> int | None:
    """Return the product; nothing times anything is nothing."""
    if left == 0 or right == 0:
        return 0
    return None if left is None or right is None else left * right


def least(left: int | None, right: int | None) -> int | None:
    """Return the smaller bound."""
    if left is None or right is None:
        return right if left is None else left
    return min(left, right)


def most(left: int | None, right: int | None) -> int | None:
    """Return the larger bound."""
    return None if left is None or right is None else max(left, right)


def whole(magnitude: int | None) -> Shape:
    """Return the shape of an integer of at most that magnitude."""
    return Shape(None if magnitude is None else max(1, magnitude), 1)


def text(length: int | None) -> Shape:
    """Return the shape of text or bytes of at most that length."""
    return Shape(length, None if length is None else 1 + length // CHUNK, length)


def listed(count: int | None, item: Shape) -> Shape:
    """Return the shape of a list."""
    size = times(count, item.part)
    return Shape(size, add(1, size), size, count, SCALAR, item)


def mapped(count: int | None, key: Shape, item: Shape) -> Shape:
    """Return the shape of a map."""
    size = times(count, add(key.part, item.part))
    return Shape(size, add(1, size), size, count, key, item)


def held(inner: Shape) -> Shape:
    """Return the shape of an optional."""
    return replace(inner, part=add(1, inner.part), extent=inner.size, size=most(inner.size, 1))


def widest(left: Shape, right: Shape) -> Shape:
    """Return the shape of a value that has one of two."""
    return Shape(
        most(left.size, right.size),
        most(left.part, right.part),
        most(left.extent, right.extent),
        most(left.count, right.count),
        _either(left.key, right.key),
        _either(left.item, right.item),
    )


def _either(left: Shape | None, right: Shape | None) -> Shape | None:
    return widest(left, right) if left is not None and right is not None else left or right


def declared(type: Type) -> Shape:
    """Return the shape of the values of a type."""
    match type:
        case IntType(low, high) | UintType(low, high):
            bounded = None if low is None or high is None else max(abs(low), abs(high))
            return whole(bounded)
        case StringType():
            return text(text_max(type))
        case ListType(element, longest):
            return listed(longest, declared(element))
        case MapType(key, value, longest):
            return mapped(longest, declared(key), declared(value))
        case RecordType(fields=fields):
            parts = [(text(len(name)), declared(entry.type)) for name, entry in fields.items()]
            size = add(*(add(name.part, field.part) for name, field in parts))
            item = SCALAR
            for _, field in parts:
                item = widest(item, field)
            names = text(max((len(name) for name in fields), default=0))
            return Shape(size, add(1, size), size, len(fields), names, item)
        case OptionalType(of):
            return held(declared(of))
        case WrapperType(of):
            return declared(of)
        case TypeParameter():
            return UNKNOWN
        case _ if type == DYN:
            return UNKNOWN
        case _ if type == BYTES:
            return text(None)
        case _:
            return SCALAR
