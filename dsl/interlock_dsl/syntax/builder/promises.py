"""Promises of a workflow."""

from typing import Final

from interlock_dsl.cel.tree import Expression
from interlock_dsl.syntax.builder.pieces import PieceBuilder, reduction
from interlock_dsl.syntax.tree import (
    Always,
    Approval,
    CostAtMost,
    Duration,
    EndsWithin,
    EndsWithinSteps,
    Ident,
    Money,
    NeverBefore,
    NeverUnapproved,
    Reaches,
)

PROMISES: Final = (NeverUnapproved, NeverBefore, Always, EndsWithinSteps, EndsWithin, CostAtMost, Reaches)


class PromiseBuilder(PieceBuilder):
    """Builds promises."""

    @reduction
    def irreversible(self) -> None:
        """`irreversible`: every tool whose effect is."""

    @reduction
    def never_unapproved(self, tools: Ident | None, *rest: Expression | Approval) -> NeverUnapproved:
        """`never tools where condition before approval by 2 of role`."""
        where = next((part for part in rest if not isinstance(part, Approval)), None)
        approval = next((part for part in rest if isinstance(part, Approval)), None)
        return NeverUnapproved(tools, where, approval, span=self.here())

    @reduction
    def never_before(self, tools: Ident | None, *rest: Expression | Ident) -> NeverBefore:
        """`never tools where condition before first`."""
        where = next((part for part in rest if not isinstance(part, Ident)), None)
        first = rest[-1]
        assert isinstance(first, Ident)
        return NeverBefore(tools, where, first, span=self.here())

    @reduction
    def always(self, condition: Expression) -> Always:
        """`always condition`."""
        return Always(condition, span=self.here())

    @reduction
    def ends_within_steps(self, count: int) -> EndsWithinSteps:
        """`ends within 12 steps`."""
        return EndsWithinSteps(count, span=self.here())

    @reduction
    def ends_within(self, time: Duration) -> EndsWithin:
        """`ends within 8h`."""
        return EndsWithin(time, span=self.here())

    @reduction
    def cost_at_most(self, cost: Money) -> CostAtMost:
        """`cost <= 2.00 usd`."""
        return CostAtMost(cost, span=self.here())

    @reduction
    def reaches(self, end: Ident) -> Reaches:
        """`reaches end`."""
        return Reaches(end, span=self.here())
