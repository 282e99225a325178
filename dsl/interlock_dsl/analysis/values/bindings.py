"""Values of variables by their names: what stands at a path in them."""

from collections.abc import Mapping
from typing import TypeAlias

Bindings: TypeAlias = dict[str, object]


def type_same(one: object, other: object) -> bool:
    """Say whether two constants are the same, a bool apart from a number."""
    return type(one) is type(other) and one == other


def at(bindings: Mapping[str, object], path: tuple[str, ...]) -> object:
    """Return what stands at a path, None where nothing does."""
    value: object = bindings
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def put(made: Bindings, path: tuple[str, ...], value: object) -> bool:
    """Put a value at a path; say whether there is something to put it into."""
    holder: object = made
    for name in path[:-1]:
        holder = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(holder, dict):
        return False
    holder[path[-1]] = value
    return True
