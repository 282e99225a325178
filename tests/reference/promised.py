"""What a workflow promises, looked up and judged one promise after the other."""

from typing import TypeVar

from interlock_dsl.program.model import Tool, Workflow
from interlock_dsl.program.promises import Always, CostAtMost, EndsWithin, EndsWithinSteps, Promise
from reference import steps
from reference.state import Conversation, Run
from reference.values import NO_VALUE, condition

_Kind = TypeVar("_Kind", EndsWithinSteps, EndsWithin, CostAtMost)


def first(workflow: Workflow, kind: type[_Kind]) -> _Kind | None:
    for promise in workflow.promises:
        if isinstance(promise, kind):
            return promise
    return None


def step_limit(run: Run) -> tuple[int | None, Promise | None]:
    """Return how many steps a run has, and the promise that says so: None where a budget is as tight."""
    budget, promise = run.of.budget.steps, first(run.of, EndsWithinSteps)
    if promise is not None and (budget is None or budget > promise.steps):
        return promise.steps, promise
    return budget, None


def refused_step(run: Run) -> tuple[Run, Promise | None] | None:
    """Return the workflow whose promise, or whose budget (None), has no room for another step, the outermost first."""
    for each in run.around:
        limit, promise = step_limit(each)
        if limit is not None and each.steps >= limit:
            return each, promise
        if each.overdue():
            return each, time_broken(each)
    return None


def time_limits(run: Run) -> list[int]:
    """Return after how long the time of a workflow is over, by its budget or by what it promises."""
    promise = first(run.of, EndsWithin)
    said = [run.of.budget.time, None if promise is None else promise.time]
    return sorted({time for time in said if time is not None})


def time_broken(run: Run) -> EndsWithin | None:
    """Return the promise that the time is past, whatever the budget says."""
    promise = first(run.of, EndsWithin)
    return promise if promise is not None and run.whole.now >= run.began + promise.time else None


def cost_promise(run: Run) -> CostAtMost | None:
    """Return the promise about cost, where it is tighter than the budget."""
    budget, promise = run.of.budget.cost, first(run.of, CostAtMost)
    return promise if promise is not None and (budget is None or budget > promise.cost) else None


def too_dear(run: Run, tool: Tool, cost: int) -> CostAtMost | None:
    """Return the promise that a call would break; `cost` is what the run has cost without it."""
    promise = cost_promise(run)
    if promise is None or tool.cost == 0 or cost + run.held_cost() + tool.cost <= promise.cost:
        return None
    return promise


def overspent(run: Run) -> bool:
    """Give the run up if it has cost more than is promised."""
    for each in run.around:
        promise = first(each.of, CostAtMost)
        if promise is not None and each.cost > promise.cost:
            broken(each, promise, "exceeded")
            return True
    return False


def another_turn_might_break(run: Run, held: Conversation) -> tuple[Run, CostAtMost] | None:
    """Return the promise that leaves nothing for another turn: of several the one that has least left."""
    cut = held.promised and held.cost is not None and held.used_cost >= held.cost
    found: list[tuple[int, Run, CostAtMost]] = []
    for each in run.around:
        promise, limit = cost_promise(each), each.cost_limit() or 0
        if promise is not None and (cut or each.cost >= promise.cost):
            found.append((limit - each.cost - each.held_cost(), each, promise))
    least = min(found, key=lambda one: one[0], default=None)
    return None if least is None else (least[1], least[2])


def holds(run: Run, written: str = "") -> bool:
    """Judge what is always to hold, at the beginning or after an output; give the run up at the first that does not."""
    for promise in run.of.promises:
        if not isinstance(promise, Always) or (written and written not in promise.reads):
            continue
        if any(name not in run.shown for name in promise.needs):
            continue
        said = condition(promise.condition, run.reads(None))
        if said is not True:
            broken(run, promise, "no-value" if said == NO_VALUE else "false")
            return False
    return True


def broken(run: Run, promise: Promise, code: str) -> None:
    """A promise is not kept: the run is given up before anything else happens."""
    run.note("promise broken", promise.id, code)
    run.whole.todo.insert(0, (steps.given_up, (run, "promise-broken", "failed")))
