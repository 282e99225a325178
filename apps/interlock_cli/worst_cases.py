"""What a run of each workflow comes to at most, before any run begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interlock_cli.present.quantity import count, duration_at_most, money

if TYPE_CHECKING:
    from interlock_cli.compiling import Checked
    from interlock_dsl.program.model import Program


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The most that a run uses, by its shape or by its budget, whichever is less; None is without a bound.

    `cost` in millionths of the currency, `time` in microseconds. What undoing takes, where the run is given up, comes
    on top, and so does what the last turn of a model uses beyond the budget.
    """

    workflow: str
    steps: int | None
    tool_calls: int | None
    tokens: int | None
    cost: int | None
    time: int | None
    currency: str

    def __str__(self) -> str:
        """Return it on one line: `refund: at most 3 steps, 8 calls, 10,000 tokens, 0.06 usd, 4h 2m`."""
        amounts = (
            (self.steps, lambda steps: count(steps, "step"), "steps"),
            (self.tool_calls, lambda calls: count(calls, "call"), "calls"),
            (self.tokens, lambda tokens: count(tokens, "token"), "tokens"),
            (self.cost, lambda cost: money(cost, self.currency), "cost"),
            (self.time, duration_at_most, "time"),
        )
        bounded = [said(amount) for amount, said, _ in amounts if amount is not None]
        unbounded = [name for amount, _, name in amounts if amount is None]
        parts = [f"at most {', '.join(bounded)}"] if bounded else []
        parts += [f"{' and '.join(unbounded)} without a bound"] if unbounded else []
        return f"{self.workflow}: {'; '.join(parts)}"


def worst_cases(checked: "Checked") -> Sequence[WorstCase]:
    """Return the worst case of each workflow of a unit; none where it has mistakes, or comes from a bundle."""
    program, facts = checked.program, checked.facts
    if program is None or facts is None:
        return ()
    from interlock_dsl.analysis.knowledge.bounds import bounds

    found = []
    for name, workflow in facts.workflows.items():
        worst, budget = bounds(workflow, facts).worst, program.workflows[name].budget
        found.append(
            WorstCase(
                name,
                _less(worst.steps, budget.steps),
                _less(worst.calls, budget.tool_calls),
                _less(worst.tokens, budget.tokens),
                _less(worst.cost, budget.cost),
                _less(worst.time, budget.time),
                _currency(program),
            )
        )
    return found


def _less(one: int | None, other: int | None) -> int | None:
    return min((amount for amount in (one, other) if amount is not None), default=None)


def _currency(program: "Program") -> str:
    """Return the currency that a program counts in, which is one: that of a budget, or else of the public prices."""
    budgets = (workflow.budget for workflow in program.workflows.values())
    return next((budget.currency for budget in budgets if budget.cost is not None), "usd")
