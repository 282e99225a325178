"""What a run of each workflow comes to at most, before any run begins."""

from typing import TYPE_CHECKING

from interlock_cli.present.quantity import count, duration_at_most, money

if TYPE_CHECKING:
    from interlock_cli.compiling import Checked
    from interlock_cli.formats.json_models import BoundsJson
    from interlock_dsl.program.model import Program


def told(worst: "BoundsJson") -> str:
    """Return a worst case on one line: `refund: at most 3 steps, 8 calls, 10,000 tokens, 0.06 usd, 4h 2m`."""
    amounts = (
        (worst["steps"], lambda steps: count(steps, "step"), "steps"),
        (worst["tool_calls"], lambda calls: count(calls, "call"), "calls"),
        (worst["tokens"], lambda tokens: count(tokens, "token"), "tokens"),
        (worst["cost"], lambda cost: money(cost, worst["currency"]), "cost"),
        (worst["time"], duration_at_most, "time"),
    )
    bounded = [said(amount) for amount, said, _ in amounts if amount is not None]
    unbounded = [name for amount, _, name in amounts if amount is None]
    parts = [f"at most {', '.join(bounded)}"] if bounded else []
    parts += [f"{' and '.join(unbounded)} without a bound"] if unbounded else []
    return f"{worst['workflow']}: {'; '.join(parts)}"


def worst_cases(checked: "Checked") -> list["BoundsJson"]:
    """Return the worst case of each workflow of a unit; none where it has mistakes, or comes from a bundle.

    It is the most that a run uses, by its shape or by its budget, whichever is less. What undoing takes, where the run
    is given up, comes on top, and so does what the last turn of a model uses beyond the budget.
    """
    program, facts = checked.program, checked.facts
    if program is None or facts is None:
        return []
    from interlock_dsl.analysis.knowledge.bounds import bounds

    found: list[BoundsJson] = []
    for name, workflow in facts.workflows.items():
        worst, budget = bounds(workflow, facts).worst, program.workflows[name].budget
        found.append(
            {
                "workflow": name,
                "steps": _less(worst.steps, budget.steps),
                "tool_calls": _less(worst.calls, budget.tool_calls),
                "tokens": _less(worst.tokens, budget.tokens),
                "cost": _less(worst.cost, budget.cost),
                "time": _less(worst.time, budget.time),
                "currency": _currency(program),
            }
        )
    return found


def _less(one: int | None, other: int | None) -> int | None:
    return min((amount for amount in (one, other) if amount is not None), default=None)


def _currency(program: "Program") -> str:
    """Return the currency that a program counts in, which is one: that of a budget, or else of the public prices."""
    budgets = (workflow.budget for workflow in program.workflows.values())
    return next((budget.currency for budget in budgets if budget.cost is not None), "usd")
