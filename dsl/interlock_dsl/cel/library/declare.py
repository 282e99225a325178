"""How the tables of the library are written."""

from collections.abc import Callable, Iterable

from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.types import ListType, MapType, OptionalType, Type, TypeParameter

T = TypeParameter("T")
K = TypeParameter("K")
V = TypeParameter("V")
LIST = ListType(T)
MAP = MapType(K, V)
OPTIONAL = OptionalType(T)

Implementation = Callable[..., object]
Cost = Callable[..., int]


def plain(
    id: str, parameters: tuple[Type, ...], result: Type, implementation: Implementation, cost: Cost | None = None
) -> Overload:
    """Declare `function(...)`."""
    return Overload(id, parameters, result, implementation, cost=cost)


def method(
    id: str, parameters: tuple[Type, ...], result: Type, implementation: Implementation, cost: Cost | None = None
) -> Overload:
    """Declare `receiver.function(...)`; the receiver is the first parameter."""
    return Overload(id, parameters, result, implementation, method=True, cost=cost)


def merge(tables: Iterable[Iterable[Function]]) -> dict[str, Function]:
    """Return functions by name; overloads of one name from several libraries become one function."""
    merged: dict[str, Function] = {}
    for table in tables:
        for function in table:
            known = merged.get(function.name)
            overloads = (*known.overloads, *function.overloads) if known else function.overloads
            merged[function.name] = Function(function.name, overloads)
    return merged
