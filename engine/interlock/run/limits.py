"""What one run may consume at most: its budget and its promises together, the tighter of the two for each thing.

Over a budget, a step or a call fails and the run may go on; over a promise, the run is given up. Where a budget of
steps or cost is as tight as the promise, or tighter, the budget refuses first, and what it refuses keeps the promise.
Time is over whatever is refused: at the promised moment the run is given up, under a budget as tight as well, and after
a tighter one if it still goes on.
"""

from dataclasses import dataclass

from interlock_dsl.program.model import Workflow
from interlock_dsl.program.promises import CostAtMost, EndsWithin, EndsWithinSteps


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one run; None is unlimited. `cost` in millionths of the currency, `time` in microseconds.

    `by_steps` and `by_cost` are the promises that set a limit, None where the budget does; `promised_cost` and
    `promised_time` are what is promised in any case.
    """

    steps: int | None
    tool_calls: int | None
    tokens: int | None
    cost: int | None
    time: int | None
    by_steps: EndsWithinSteps | None
    by_cost: CostAtMost | None
    promised_cost: CostAtMost | None
    promised_time: EndsWithin | None


def limits_of(workflow: Workflow) -> Limits:
    """Return the limits of a run of a workflow."""
    budget = workflow.budget
    steps = next((promise for promise in workflow.promises if isinstance(promise, EndsWithinSteps)), None)
    cost = next((promise for promise in workflow.promises if isinstance(promise, CostAtMost)), None)
    time = next((promise for promise in workflow.promises if isinstance(promise, EndsWithin)), None)
    by_steps = steps if steps is not None and (budget.steps is None or steps.steps < budget.steps) else None
    by_cost = cost if cost is not None and (budget.cost is None or cost.cost < budget.cost) else None
    times = [each.time for each in (budget, time) if each is not None and each.time is not None]
    return Limits(
        budget.steps if by_steps is None else by_steps.steps,
        budget.tool_calls,
        budget.tokens,
        budget.cost if by_cost is None else by_cost.cost,
        min(times, default=None),
        by_steps,
        by_cost,
        cost,
        time,
    )
