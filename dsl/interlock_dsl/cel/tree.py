"""The syntax tree of an expression: what was written, with its place, and nothing inferred.

Macros (`has`, `all`, `cel.bind`, ...) are already expanded into `Present`, `Comprehension` and `Bind`; operators are
calls of the functions named in `OPERATORS`. Every node has a span; nodes are immutable and compare by identity of
meaning (spans do not take part), so that two equal trees mean the same.
"""

from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Final, TypeAlias
from typing import Literal as OneOf

from interlock_dsl.diagnostics.source import Span


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A constant: null, bool, int, `UInt`, double, string or bytes. 1, 1u, 1.0 and true are four constants."""

    value: object
    span: Span = attribute(compare=False, repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self._meaning() == other._meaning()

    def __hash__(self) -> int:
        return hash(self._meaning())

    def _meaning(self) -> tuple[type, str]:
        return type(self.value), repr(self.value)


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier; `absolute` when written with a leading dot, which skips the container and local variables."""

    name: str
    span: Span = attribute(compare=False, repr=False)
    absolute: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """`operand.field`, or `operand.?field` when `optional`. `field_span` is the place of the field's name."""

    operand: "Expression"
    field: str
    span: Span = attribute(compare=False, repr=False)
    field_span: Span = attribute(compare=False, repr=False)
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Present:
    """`has(operand.field)`."""

    operand: "Expression"
    field: str
    span: Span = attribute(compare=False, repr=False)
    field_span: Span = attribute(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Index:
    """`operand[index]`, or `operand[?index]` when `optional`."""

    operand: "Expression"
    index: "Expression"
    span: Span = attribute(compare=False, repr=False)
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`, `receiver.function(arguments)`, or an operator (`_+_`, `!_`, `_?_:_`, `@in`)."""

    function: str
    arguments: tuple["Expression", ...]
    span: Span = attribute(compare=False, repr=False)
    function_span: Span = attribute(compare=False, repr=False)
    receiver: "Expression | None" = None


@dataclass(frozen=True, slots=True)
class ListItem:
    """An item of a list; with `?` the value of an optional is added if there is one."""

    value: "Expression"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, ?b]`."""

    items: tuple[ListItem, ...]
    span: Span = attribute(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MapEntry:
    """An entry of a map; with `?` it is there only if the optional value is."""

    key: "Expression"
    value: "Expression"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class MapOf:
    """`{k: v, ?k: optional}`."""

    entries: tuple[MapEntry, ...]
    span: Span = attribute(compare=False, repr=False)


Quantifier: TypeAlias = OneOf[
    "all", "exists", "exists_one", "map", "filter", "transform_list", "transform_map", "transform_map_entry"
]


@dataclass(frozen=True, slots=True)
class Comprehension:
    """A macro over a list or map.

    `variables` are one name (item, or key of a map) or two (index and item, or key and value). `body` is the predicate
    or the transformation; `condition` filters before a transformation (`map` with three arguments, `transformList`
    with four); for `filter`, `all`, `exists` and `exists_one` it is None and `body` is the predicate.
    """

    kind: Quantifier
    range: "Expression"
    variables: tuple[str, ...]
    body: "Expression"
    span: Span = attribute(compare=False, repr=False)
    condition: "Expression | None" = None


@dataclass(frozen=True, slots=True)
class Bind:
    """`cel.bind(name, value, body)`; also `optMap` and `optFlatMap` once expanded."""

    name: str
    value: "Expression"
    body: "Expression"
    span: Span = attribute(compare=False, repr=False)


Expression: TypeAlias = Literal | Name | Select | Present | Index | Call | ListOf | MapOf | Comprehension | Bind

OPERATORS = {
    "?:": "_?_:_", "||": "_||_", "&&": "_&&_", "!": "!_", "-": "-_",
    "<": "_<_", "<=": "_<=_", ">": "_>_", ">=": "_>=_", "==": "_==_", "!=": "_!=_", "in": "@in",
    "+": "_+_", "*": "_*_", "/": "_/_", "%": "_%_",
}  # fmt: skip
"""How an operator is written, and the name of its function. Binary minus is `_-_`."""

RESERVED: Final = frozenset(
    {
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
        "namespace", "return", "var", "void", "while",
    }
)  # fmt: skip
"""Words that name nothing, though the grammar has no other use for them."""
KEYWORDS: Final = frozenset({"in", "true", "false", "null"})


def children(node: Expression) -> tuple["Expression", ...]:
    """Return the direct sub-expressions, in evaluation order."""
    match node:
        case Literal() | Name():
            return ()
        case Select(operand=operand) | Present(operand=operand):
            return (operand,)
        case Index(operand=operand, index=index):
            return (operand, index)
        case Call(arguments=arguments, receiver=receiver):
            return arguments if receiver is None else (receiver, *arguments)
        case ListOf(items=items):
            return tuple(item.value for item in items)
        case MapOf(entries=entries):
            return tuple(part for entry in entries for part in (entry.key, entry.value))
        case Comprehension(range=range_, condition=condition, body=body):
            return (range_, body) if condition is None else (range_, condition, body)
        case Bind(value=value, body=body):
            return (value, body)
