"""Policies and decision tables."""

from collections.abc import Sequence
from typing import Literal, TypeAlias, cast

from lark import Token

from interlock_dsl.cel.tree import Expression, Name
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.syntax.builder.pieces import Clause, PieceBuilder, reduction
from interlock_dsl.syntax.tree import (
    Approval,
    Cell,
    Comparison,
    Duration,
    FieldNode,
    Ident,
    Owner,
    PolicyDecl,
    Range,
    RecordType,
    RuleDecl,
    RuleKind,
    TableDecl,
    TableRow,
)
from interlock_dsl.syntax.tree.tables import Operator

Hit: TypeAlias = Literal["unique", "first", "collect"]


class RuleBuilder(PieceBuilder):
    """Builds policies and decision tables."""

    @reduction
    def policy_decl(self, name: Ident, *rules: RuleDecl) -> PolicyDecl:
        """`policy name { rules }`."""
        return PolicyDecl(name, rules, span=self.here())

    @reduction
    def permit_rule(self, patterns: tuple[Ident, ...], *clauses: Clause) -> RuleDecl:
        """`permit patterns clauses`."""
        return self._rule("permit", patterns, clauses)

    @reduction
    def forbid_rule(self, patterns: tuple[Ident, ...], *clauses: Clause) -> RuleDecl:
        """`forbid patterns clauses`."""
        return self._rule("forbid", patterns, clauses)

    @reduction
    def require_rule(self, approval: Approval, *rest: Clause | tuple[Ident, ...]) -> RuleDecl:
        """`require approval by 2 of role within 4h for patterns clauses`."""
        patterns = next(part for part in rest if isinstance(part, tuple))
        return self._rule("require", patterns, [part for part in rest if isinstance(part, Clause)], approval)

    @reduction
    def limit_rule(self, patterns: tuple[Ident, ...], *parts: Clause | int | Duration) -> RuleDecl:
        """`limit patterns of amount to 3 per 1h clauses`."""
        clauses = [part for part in parts if isinstance(part, Clause)]
        count = next(part for part in parts if isinstance(part, int))
        period = next(part for part in parts if isinstance(part, Duration))
        return self._rule("limit", patterns, clauses, count=count, period=period)

    @reduction
    def amount(self, expression: Expression) -> Clause:
        """`of amount`."""
        return self.clause("of", expression)

    @reduction
    def owner_each(self, *keys: Expression) -> Clause:
        """`for each keys`: a run, or what the keys say."""
        match keys:
            case (Name(name="run"),):
                return self.clause("for each", Owner("run", span=self.here()))
            case _:
                return self.clause("for each", Owner("each", keys, span=self.here()))

    @reduction
    def owner_overall(self) -> Clause:
        """`overall`."""
        return self.clause("for each", Owner("overall", span=self.here()))

    @reduction
    def redact_rule(self, fields: tuple[Ident, ...], patterns: tuple[Ident, ...], *clauses: Clause) -> RuleDecl:
        """`redact result.iban, args.note for patterns clauses`."""
        return self._rule("redact", patterns, clauses, fields=fields)

    @reduction
    def notify_rule(self, role: Ident, patterns: tuple[Ident, ...], *clauses: Clause) -> RuleDecl:
        """`notify role for patterns clauses`."""
        return self._rule("notify", patterns, clauses, role=role)

    def _rule(
        self,
        kind: RuleKind,
        patterns: tuple[Ident, ...],
        parts: Sequence[Clause],
        approval: Approval | None = None,
        count: int | None = None,
        period: Duration | None = None,
        role: Ident | None = None,
        fields: tuple[Ident, ...] = (),
    ) -> RuleDecl:
        clauses = self.gather(parts)
        if approval is not None and (approval.count, approval.of) != (1, None):
            count = approval.count
        return RuleDecl(
            kind,
            patterns,
            agent=clauses.get("by", Ident),
            when=clauses.expression("when"),
            unless=clauses.expression("unless"),
            because=clauses.get("because", str),
            role=role if approval is None else approval.role,
            within=clauses.get("within", Duration),
            count=count,
            period=period,
            of=None if approval is None else approval.of,
            amount=clauses.expression("of"),
            owner=clauses.get("for each", Owner),
            fields=fields,
            span=self.here(),
        )

    @reduction
    def by_clause(self, agent: Ident) -> Clause:
        """`by agent`."""
        return self.clause("by", agent)

    @reduction
    def unless_clause(self, condition: Expression) -> Clause:
        """`unless condition`."""
        return self.clause("unless", condition)

    # --- tables

    @reduction
    def table_decl(
        self, name: Ident, parameters: tuple[FieldNode, ...], result: RecordType, *items: TableRow | Clause
    ) -> TableDecl:
        """`table name(inputs) -> { outputs } { hit first  rows }`."""
        clauses = self.gather(item for item in items if isinstance(item, Clause))
        rows = tuple(item for item in items if isinstance(item, TableRow))
        if self.sound():
            for row in rows:
                self._check_width(row, len(parameters), len(result.fields))
        hit = cast("Hit", clauses.get("hit", str) or "unique")
        return TableDecl(name, parameters, result, rows, hit, span=self.here())

    def _check_width(self, row: TableRow, inputs: int, outputs: int) -> None:
        if row.cells is not None and len(row.cells) != inputs:
            commas = any(len(cell) > 1 for cell in row.cells)
            self.diagnostics.append(messages.wrong_number_of_cells(len(row.cells), inputs, row.span, commas=commas))
        if len(row.outputs) != outputs:
            self.diagnostics.append(messages.wrong_number_of_outputs(len(row.outputs), outputs, row.span))

    @reduction
    def hit_clause(self, policy: Hit) -> Clause:
        """`hit first`."""
        return self.clause("hit", policy)

    @reduction
    def hit_unique(self) -> Hit:
        """`unique`."""
        return "unique"

    @reduction
    def hit_first(self) -> Hit:
        """`first`."""
        return "first"

    @reduction
    def hit_collect(self) -> Hit:
        """`collect`."""
        return "collect"

    @reduction
    def when_row(self, *parts: Cell | list[Expression]) -> TableRow:
        """`when cell | cell then outputs`."""
        cells = tuple(part for part in parts if isinstance(part, tuple))
        outputs = next(part for part in parts if isinstance(part, list))
        return TableRow(cells, tuple(outputs), span=self.here())

    @reduction
    def otherwise_row(self, outputs: list[Expression]) -> TableRow:
        """`otherwise then outputs`."""
        return TableRow(None, tuple(outputs), span=self.here())

    @reduction
    def outputs(self, *values: Expression) -> list[Expression]:
        """`expression | expression`."""
        return list(values)

    @reduction
    def cell(self, *alternatives: Comparison | Range) -> Cell:
        """`alternative, alternative`."""
        return alternatives

    @reduction
    def any_cell(self) -> Cell:
        """`-`."""
        return ()

    def alternative(self, parts: list[Token | Expression]) -> Comparison:
        """`< 5`, or a value by itself."""
        self.extent = self.extent_of(parts)
        *sign, value = parts
        assert not isinstance(value, Token)
        return Comparison(cast("Operator", str(sign[0]) if sign else "=="), value, span=self.here())

    @reduction
    def range(self, low: Expression, high: Expression) -> Range:
        """`low..high`."""
        return Range(low, high, span=self.here())

    def cell_value(self, parts: list[Expression]) -> Expression:
        """A value in a cell."""
        return self.expression(parts)
