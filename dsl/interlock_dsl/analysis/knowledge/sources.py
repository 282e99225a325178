"""What the value of an expression is made of: the paths into the values of a run that become part of it.

What only decides (a condition of `?:` or of a `filter`, `has`, a comparison, a size) does not become part of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from interlock_dsl.cel.tree import (
    Bind,
    Call,
    Comprehension,
    Expression,
    Index,
    ListOf,
    Literal,
    Name,
    Present,
    Select,
    children,
)

ELEMENT: Final = "[]"
"""Stands in a path for any element of a list, value of a map or of an optional."""

_DECIDES: Final = frozenset({"size", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "matches", "hasValue", "!_"})
_SAME: Final = frozenset({"_+_", "orValue", "or", "reverse", "distinct", "slice", "sort"})
"""The functions whose result has the structure of what they are given."""


@dataclass(frozen=True, slots=True)
class Source:
    """A path whose value becomes part of a value.

    `lists` is how many lists stand around the value at the path; None where it is somewhere inside.
    """

    path: tuple[str, ...]
    lists: int | None = 0

    def field(self, name: str) -> "Source":
        """Return what a field of the value is made of."""
        return replace(self, path=(*self.path, name)) if self.lists == 0 else replace(self, lists=None)

    def element(self) -> "Source":
        """Return what an element of the value is made of."""
        if self.lists is None:
            return self
        return replace(self, lists=self.lists - 1) if self.lists else replace(self, path=(*self.path, ELEMENT))

    def in_list(self) -> "Source":
        """Return what a list of such values is made of."""
        return self if self.lists is None else replace(self, lists=self.lists + 1)

    def somewhere(self) -> "Source":
        """Return the source of a value that is not known to have the structure of this one."""
        return replace(self, lists=None)


Sources: TypeAlias = Sequence[Source]
_Locals: TypeAlias = Mapping[str, Sources]


def read_paths(node: Expression) -> Iterator[tuple[str, ...]]:
    """Yield the paths whose values become part of the value of an expression: `a.b.c`, not `a` and `a.b` too."""
    yield from dict.fromkeys(source.path for source in sources_of(node))


def sources_of(node: Expression) -> Sources:
    """Return what the value of an expression is made of."""
    return _sources(node, {})


def _sources(node: Expression, known: _Locals) -> Sources:
    match node:
        case Name(name=name, absolute=absolute):
            return known[name] if not absolute and name in known else [Source((name,))]
        case Select(operand=operand, field=field):
            return [source.field(field) for source in _sources(operand, known)]
        case Index(operand=operand, index=Literal(value=str() as field)):
            return [source.field(field) for source in _sources(operand, known)]
        case Index(operand=operand):
            return [source.element() for source in _sources(operand, known)]
        case Bind(name=name, value=value, body=body):
            return _sources(body, {**known, name: _sources(value, known)})
        case ListOf(items=items):
            return _each([source.in_list() for source in _sources(item.value, known)] for item in items)
        case Comprehension():
            return _comprehension(node, known)
        case Call():
            return _call(node, known)
        case Present():
            return []
        case _:
            return _inside(node, known)


def _call(node: Call, known: _Locals) -> Sources:
    if node.function in _DECIDES:
        return []
    given = node.arguments if node.receiver is None else (node.receiver, *node.arguments)
    match node.function:
        case "_?_:_":
            return _each(_sources(part, known) for part in node.arguments[1:])
        case "first" | "last" | "value" | "flatten" if len(given) == 1:
            return [source.element() for source in _sources(given[0], known)]
        case "@sortByKeys" if node.receiver is not None:
            return _sources(node.receiver, known)
        case function if function in _SAME:
            return _each(_sources(part, known) for part in given)
        case _:
            return _inside(node, known)


def _comprehension(node: Comprehension, known: _Locals) -> Sources:
    over = _sources(node.range, known)
    element = [source.element() for source in over]
    keys = [source.somewhere() for source in over]
    inner = {**known, **dict.fromkeys(node.variables[:-1], keys), node.variables[-1]: element}
    match node.kind:
        case "filter":
            return over
        case "map" | "transform_list":
            return [source.in_list() for source in _sources(node.body, inner)]
        case "transform_map" | "transform_map_entry":
            return [source.somewhere() for source in (*over, *_sources(node.body, inner))]
        case _:
            return []


def _inside(node: Expression, known: _Locals) -> Sources:
    return [source.somewhere() for child in children(node) for source in _sources(child, known)]


def _each(parts: Iterable[Sources]) -> Sources:
    return list(dict.fromkeys(source for part in parts for source in part))
