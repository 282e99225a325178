"""Decision tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from interlock_dsl.cel.types import RecordType
from interlock_dsl.diagnostics.source import Span

if TYPE_CHECKING:
    from interlock_dsl.cel import CompiledExpression


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: it matches where `condition` (over the parameters) holds; None is `otherwise`."""

    condition: "CompiledExpression | None"
    outputs: Mapping[str, "CompiledExpression"]
    span: Span


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table with a DMN hit policy; `collect` gives a list of what all matching rows give."""

    name: str
    parameters: RecordType
    result: RecordType
    hit: Literal["unique", "first", "collect"]
    rows: tuple[Row, ...]
    span: Span
