"""Steps that are taken for each row of a list."""

from collections.abc import Sequence

from lark import Token

from interlock_dsl.cel.tree import Expression
from interlock_dsl.syntax.builder.pieces import Clause, Clauses, PieceBuilder, reduction
from interlock_dsl.syntax.tree import FanOut, Ident, Merge


class RowBuilder(PieceBuilder):
    """Builds fan-outs."""

    def fanned(self, parts: Sequence[Clause | FanOut]) -> tuple[FanOut | None, Clauses]:
        """Return the fan-out among the parts of a step, if there is one, and the clauses."""
        rows = next((part for part in parts if isinstance(part, FanOut)), None)
        return rows, self.gather(part for part in parts if isinstance(part, Clause))

    @reduction
    def fan_out(self, row: Ident, list_: Expression, most: int, *parts: Clause) -> FanOut:
        """`for each row in list max most clauses`."""
        clauses = self.gather(parts)
        return FanOut(
            row,
            list_,
            most,
            width=clauses.get("width", int),
            merge=clauses.get("merge", Merge),
            collects="collect failures" in clauses.first,
            span=self.here(),
        )

    @reduction
    def width_clause(self, count: int) -> Clause:
        """`width 4`."""
        return self.clause("width", count)

    @reduction
    def row_merge_clause(self, merge: Merge) -> Clause:
        """`merge any`."""
        return self.clause("merge", merge)

    @reduction
    def collect_clause(self) -> Clause:
        """`collect failures`."""
        return self.clause("collect failures", True)

    @reduction
    def merge_so_many(self, count: Token) -> Merge:
        """`2`."""
        return Merge(self.whole(count), span=self.here())
