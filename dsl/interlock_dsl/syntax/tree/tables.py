"""Decision tables."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from interlock_dsl.cel.tree import Expression
from interlock_dsl.syntax.tree.pieces import Ident, Node
from interlock_dsl.syntax.tree.types import FieldNode, RecordType

Operator: TypeAlias = Literal["<", "<=", ">", ">=", "==", "!="]
"""How a cell of a table compares its column with a value."""


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`< 5`, `>= 10`, `== "x"`, `!= "x"`, or a bare value (which is `==`)."""

    operator: Operator
    value: Expression


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`1..10`, both included."""

    low: Expression
    high: Expression


Cell: TypeAlias = tuple[Comparison | Range, ...]
"""One input cell of a decision table: alternatives, any of which may hold; empty is `-`, anything."""


@dataclass(frozen=True, slots=True)
class TableRow(Node):
    """`when cell | cell then expression | expression`; `cells` is None in the `otherwise` row."""

    cells: tuple[Cell, ...] | None
    outputs: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class TableDecl(Node):
    """`table verdict(inputs) -> { outputs } { hit first  rows }`: cells are in the order of inputs and outputs."""

    name: Ident
    parameters: tuple[FieldNode, ...]
    result: RecordType
    rows: tuple[TableRow, ...]
    hit: Literal["unique", "first", "collect"] = "unique"
