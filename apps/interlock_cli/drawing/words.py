"""What is written on a picture of a workflow: the words of steps and routes, as short as they can be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from interlock_dsl.cel.format import as_written
from interlock_dsl.program.model import (
    AgentStep,
    AskStep,
    CallStep,
    End,
    EventStep,
    FanOut,
    Program,
    Route,
    RunStep,
    SetStep,
    Step,
    TableStep,
    TimeStep,
    Workflow,
    fan_out,
)

if TYPE_CHECKING:
    from interlock_dsl.cel.environment import CompiledExpression

Mark: TypeAlias = Literal["when", "otherwise", "trigger", "grant", "approval", "escalation", "bound"]

_UNITS = (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1))


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is said on a route, and what kind of thing it is."""

    mark: Mark
    text: str


def route_lines(route: Route) -> tuple[Line, ...]:
    """Return what a picture says on a route."""
    return tuple(_lines(route))


def _lines(route: Route) -> Iterator[Line]:
    if route.trigger is not None:
        yield Line("trigger", f"on {route.trigger}")
    if route.when is not None:
        yield Line("when", source_text(route.when))
    if route.otherwise:
        yield Line("otherwise", "otherwise")
    if route.bound is not None:
        out = "" if route.bound.then is None else f", then {route.bound.then}"
        word = "backtrack " if route.bound.discards else ""
        yield Line("bound", f"{word}at most {times(route.bound.times)}{out}")
    for grant in route.grants:
        limit = "" if grant.where is None else f" where {source_text(grant.where)}"
        yield Line("grant", ", ".join(sorted(grant.scopes)) + limit)
    if route.approval is not None:
        people = (
            route.approval.role if route.approval.count == 1 else f"{route.approval.count} of {route.approval.role}"
        )
        deadline = "" if route.approval.within is None else f" within {duration(route.approval.within)}"
        yield Line("approval", f"{people}{deadline}")
    for told in route.escalations:
        when = " on expiry" if told.on_expiry else "" if told.when is None else f" when {source_text(told.when)}"
        yield Line("escalation", f"{told.role}{when}")


def step_detail(step: Step) -> str:
    """Return who or what does a step, and for which rows."""
    rows = fan_out(step)
    each = "" if rows is None else f", for each {rows.row}, {merge_of_rows(rows)}at most {rows.max:,}"
    return _once(step) + each


def merge_of_rows(rows: FanOut) -> str:
    """Say how many rows are needed, where it is not all."""
    return f"{rows.merge:,} of " if rows.merge else ""


def _once(step: Step) -> str:
    match step:
        case AgentStep(agent=agent, within=within):
            return f"by {agent.name}" + _deadline(within)
        case CallStep(call=call, within=within):
            return call.tool + _deadline(within)
        case AskStep(role=role, within=within):
            return f"asks {role}" + _deadline(within)
        case EventStep(event=event, within=within):
            return f"waits for {event}" + _deadline(within)
        case TimeStep(pause=pause, until=until):
            return f"waits for {duration(pause or 0)}" if until is None else f"waits until {source_text(until)}"
        case TableStep(table=table):
            return f"table {table.name}"
        case SetStep(values=values):
            return "sets " + ", ".join(values)
        case RunStep(workflow=workflow):
            return f"runs {workflow}"


def _deadline(within: int | None) -> str:
    return "" if within is None else f", {duration(within)}"


def end_detail(end: End) -> str:
    """Return what an end does beside finishing the run: nothing, or that it gives the run up."""
    return "gives up" if end.gives_up else ""


def node_detail(workflow: Workflow, name: str) -> str:
    """Return what a picture says of a step or an end beside its name."""
    step, end = workflow.steps.get(name), workflow.ends.get(name)
    return step_detail(step) if step is not None else end_detail(end) if end is not None else ""


def unfolded(workflow: Workflow, name: str, program: Program | None) -> Workflow | None:
    """Return the workflow that is drawn inside a step: the one it runs, where there is a program to find it in."""
    step = workflow.steps.get(name)
    return program.workflows[step.workflow] if program is not None and isinstance(step, RunStep) else None


def parts(workflow: Workflow, program: Program, most: int) -> int:
    """Return how many steps and ends a workflow has with all that is unfolded in it; about `most` if there are more."""
    found, open = 0, [workflow]
    while open and found <= most:
        each = open.pop()
        found += len(each.steps) + len(each.ends)
        open += [run for name in each.steps if (run := unfolded(each, name, program)) is not None]
    return found


def source_text(condition: "CompiledExpression") -> str:
    """Return an expression as it was written, on one line."""
    return as_written(condition.expression)


def merge_words(route: Route) -> str:
    """Say how many sources a join waits for."""
    count = len(route.sources)
    if route.race:
        return "first"
    if route.merge == count:
        return "all"
    return "any" if route.merge == 1 else f"{route.merge} of {count}"


def duration(micros: int) -> str:
    """Write a length of time as in a file: `4h`, `1h30m`, `200ms`."""
    parts: list[str] = []
    for unit, size in _UNITS:
        count, micros = divmod(micros, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def times(count: int) -> str:
    """Write how often."""
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"


def title(workflow: Workflow) -> str:
    """Return the heading of a picture."""
    return workflow.name if not workflow.goal else f"{workflow.name}: {workflow.goal}"
