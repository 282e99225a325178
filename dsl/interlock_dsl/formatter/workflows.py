"""Workflows: steps, ends, routes, promises, in the author's order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from interlock_dsl.cel.format import grouped, quoted, written
from interlock_dsl.formatter.page import Line, indented
from interlock_dsl.formatter.pieces import (
    Places,
    approver,
    arguments,
    begin,
    condition,
    duration,
    end,
    fits,
    money,
    names,
    number,
    parameters,
    record,
    text,
    type_,
    values,
)
from interlock_dsl.formatter.promises import promise
from interlock_dsl.formatter.rules import rule
from interlock_dsl.syntax.tree import (
    AgentStep,
    Approval,
    AskStep,
    BudgetDecl,
    CallStep,
    Duration,
    EndDecl,
    Escalate,
    EventStep,
    FanOut,
    Grant,
    Merge,
    NamedType,
    RecordType,
    RouteDecl,
    RunStep,
    SetStep,
    StepNode,
    TableStep,
    TimeStep,
    WayOut,
    WorkflowDecl,
)


@dataclass(frozen=True, slots=True)
class _Item:
    """Some lines of a workflow, and which part they belong to: parts of different kinds stand apart."""

    kind: str
    lines: list[Line]


def workflow(node: WorkflowDecl, places: Places) -> list[Line]:
    """Return a workflow."""
    items = [*_head(node, places), *(_Item("step", step(child, places)) for child in node.steps)]
    items += [_Item("end", _end(child)) for child in node.ends]
    items += [_Item("mode", [Line(f"routes {child.step.text} first", begin(child))]) for child in node.first]
    items += [_Item("route", route(child, places)) for child in node.routes]
    items += [_Item("promise", promise(child)) for child in node.promises]
    items += [_Item("rule", rule(child, places)) for child in node.rules]
    items.sort(key=lambda item: item.lines[0].begin or 0)
    head = parameters(f"workflow {node.name.text}", begin(node), node.parameters, " {", 0)
    return [*head, *indented(_spaced(items)), Line("}", end(node), closes=True)]


def _head(node: WorkflowDecl, places: Places) -> list[_Item]:
    lines: list[list[Line]] = []
    if node.goal is not None:
        lines.append([Line(f"goal {text(node.goal)}", places.clause(node, "goal"))])
    if node.may is not None:
        lines.append([Line(f"may {names(node.may)}", places.clause(node, "may"))])
    if node.budget is not None:
        lines.append(budget(node.budget, places, places.clause(node, "budget")))
    return [_Item("head", part) for part in lines]


def _spaced(items: Sequence[_Item]) -> list[Line]:
    lines: list[Line] = []
    before: _Item | None = None
    for item in items:
        apart = before is not None and (before.kind != item.kind or len(before.lines) > 1 or len(item.lines) > 1)
        if item.kind == "head" and before is not None and before.kind == "head":
            apart = False
        lines += [replace(item.lines[0], apart=apart, loose=True), *item.lines[1:]]
        before = item
    return lines


def budget(node: BudgetDecl, places: Places, start: int | None) -> list[Line]:
    """Return a budget, on one line if it fits."""
    clauses: list[tuple[str, str]] = []
    if node.steps is not None:
        clauses.append(("steps", grouped(node.steps)))
    if node.tool_calls is not None:
        clauses.append(("tool_calls", grouped(node.tool_calls)))
    if node.tokens is not None:
        clauses.append(("tokens", grouped(node.tokens)))
    if node.cost is not None:
        clauses.append(("cost", money(node.cost)))
    if node.time is not None:
        clauses.append(("time", duration(node.time)))
    line = "budget { " + "".join(f"{word} {value}  " for word, value in clauses).rstrip() + " }"
    if not clauses:
        return [Line("budget {}", start)]
    if fits(line, 1):
        return [Line(line, start)]
    body = [Line(f"{word} {value}", places.clause(node, word)) for word, value in clauses]
    return [Line("budget {", start), *indented(body), Line("}", end(node), closes=True)]


# --- steps


def step(node: StepNode, places: Places) -> list[Line]:
    """Return a step."""
    head = f"step {node.name.text}"
    match node:
        case AgentStep():
            return _agent_step(node, places)
        case CallStep(call=call):
            lines = arguments(f"{head} calls {call.tool.text}", begin(node), call.arguments, end(call), 1)
            return _with_deadline(_fanned(lines, node.rows, places), node.within)
        case AskStep():
            return _ask_step(node, places)
        case EventStep():
            return _event_step(node, places)
        case TimeStep(pause=pause, until=until):
            if pause is not None:
                return [Line(f"{head} waits for {duration(pause)}", begin(node))]
            assert until is not None
            return [Line(f"{head} waits until {written(until)}", begin(node))]
        case TableStep(table=table, arguments=given):
            last = end(node) if node.rows is None else begin(node.rows)
            lines = arguments(f"{head} decides {table.text}", begin(node), given, last, 1)
            return _fanned(lines, node.rows, places)
        case SetStep(values=fields):
            return values(f"{head} sets", begin(node), fields, end(node), 1)
        case RunStep(workflow=workflow, arguments=given):
            last = end(node) if node.rows is None else begin(node.rows)
            lines = arguments(f"{head} runs {workflow.text}", begin(node), given, last, 1)
            return _with_deadline(_fanned(lines, node.rows, places), node.within)


def _with_deadline(lines: Sequence[Line], within: Duration | None) -> list[Line]:
    deadline = "" if within is None else f" within {duration(within)}"
    return [*lines[:-1], replace(lines[-1], text=lines[-1].text + deadline)]


def _agent_step(node: AgentStep, places: Places) -> list[Line]:
    body: list[Line] = []
    if node.task is not None:
        body.append(Line(f"task {text(node.task)}", places.clause(node, "task")))
    if node.tools is not None:
        body.append(Line(f"tools {names(node.tools)}", places.clause(node, "tools")))
    if node.returns is not None:
        body += _returns(node.returns, places.clause(node, "returns"))
    if node.within is not None:
        body.append(Line(f"within {duration(node.within)}", places.clause(node, "within")))
    return _step_with(f"step {node.name.text} by {node.agent.text}", node, body, places)


def _ask_step(node: AskStep, places: Places) -> list[Line]:
    body: list[Line] = []
    if node.question is not None:
        body.append(Line(f"question {text(node.question)}", places.clause(node, "question")))
    if node.returns is not None:
        body += _returns(node.returns, places.clause(node, "returns"))
    if node.within is not None:
        body.append(Line(f"within {duration(node.within)}", places.clause(node, "within")))
    return _step_with(f"step {node.name.text} asks {node.role.text}", node, body, places)


def _returns(node: RecordType | NamedType, start: int | None) -> list[Line]:
    if isinstance(node, RecordType):
        return record("returns", start, node)
    return [Line(f"returns {type_(node)}", start)]


def _event_step(node: EventStep, places: Places) -> list[Line]:
    """Return a step that waits for an event: on one line if it fits, else with a clause on each."""
    head = f"step {node.name.text} waits for event {quoted(node.event)}"
    if node.data is not None:
        head += f" -> {type_(node.data)}"
    body: list[Line] = []
    if node.where is not None:
        body += condition("where", node.where, places.clause(node, "where"), 2)
    if node.within is not None:
        body.append(Line(f"within {duration(node.within)}", places.clause(node, "within")))
    line = " ".join([head, *(clause.text for clause in body)])
    return [Line(line, begin(node))] if fits(line, 1) else [Line(head, begin(node)), *indented(body)]


def _step_with(head: str, node: AgentStep | AskStep, body: Sequence[Line], places: Places) -> list[Line]:
    lines = _fanned([Line(head, begin(node))], node.rows, places)
    if not body:
        return lines
    opened = replace(lines[-1], text=f"{lines[-1].text} {{")
    return [*lines[:-1], opened, *indented(body), Line("}", end(node), closes=True)]


def _fanned(lines: list[Line], node: FanOut | None, places: Places) -> list[Line]:
    """Return the lines of a step with its fan-out: on the last of them, or on one of its own."""
    if node is None:
        return lines
    said = f"for each {node.row.text} in {written(node.list)} max {number(node.max)}"
    if node.width is not None:
        said += f" width {number(node.width)}"
    if node.merge is not None:
        said += f" merge {_row_merge(node.merge)}"
    if node.collects:
        said += " collect failures"
    if fits(f"{lines[-1].text} {said} {{", 1):
        return [*lines[:-1], replace(lines[-1], text=f"{lines[-1].text} {said}")]
    return [*lines, *indented([Line(said, begin(node))])]


def _row_merge(node: Merge) -> str:
    return "all" if node.count is None else "any" if node.count == 1 else number(node.count)


def _end(node: EndDecl) -> list[Line]:
    head = f"end {node.name.text}"
    if node.gives_up:
        because = f"because {written(node.values[0].value)}"
        line = f"{head} gives up {{ {because} }}"
        if fits(line, 1):
            return [Line(line, begin(node))]
        body = Line(because, begin(node.values[0]))
        return [Line(f"{head} gives up {{", begin(node)), *indented([body]), Line("}", end(node), closes=True)]
    return values(head, begin(node), node.values, end(node), 1) if node.values else [Line(head, begin(node))]


# --- routes


def route(node: RouteDecl, places: Places) -> list[Line]:
    """Return a route, a clause on each line."""
    clauses: list[Line] = []
    if node.trigger is not None:
        clauses.append(Line(f"on {node.trigger}", places.clause(node, "on")))
    if node.merge is not None:
        clauses += _merged(node.merge, places.clause(node, "merge"), places)
    if node.when is not None:
        clauses += condition("when", node.when, places.clause(node, "when"), 2)
    if node.otherwise:
        clauses.append(Line("otherwise", places.clause(node, "otherwise")))
    if node.bound is not None:
        then = f", then -> {node.bound.then.text}" if node.bound.then is not None else ""
        word = "backtrack at most" if node.bound.backtracks else "at most"
        line = Line(f"{word} {grouped(node.bound.times)} times{then}", places.clause(node, "at most"))
        clauses += [line] if node.bound.own is None else _own(line, node.bound.own, places)
    clauses += _handed(node, places)
    return [Line(f"{names(node.sources)} -> {names(node.targets)}", begin(node)), *indented(clauses)]


def _merged(node: Merge, start: int | None, places: Places) -> list[Line]:
    """Return how sources are merged, with the step that reconciles them on a line of its own."""
    line, reconcile = Line(f"merge {_merge(node)}", start), node.reconcile
    if reconcile is None:
        return [line]
    head = f"reconcile by {reconcile.arbiter.text}"
    asked = condition(f"{head} when", reconcile.when, begin(reconcile), 3)
    if reconcile.own is not None:
        last = asked.pop()
        asked += _own(last, reconcile.own, places)
    return [line, *indented(asked)]


def _own(head: Line, node: WayOut, places: Places) -> list[Line]:
    """Return the block of a way out with clauses of its own, which may be none."""
    inside = _handed(node, places)
    if not inside:
        return [replace(head, text=f"{head.text} {{}}")]
    return [replace(head, text=f"{head.text} {{"), *indented(inside), Line("}", end(node), closes=True)]


def _handed(node: RouteDecl | WayOut, places: Places) -> list[Line]:
    """Return what a route or a way out grants, passes and asks, and who is told."""
    clauses = [Line(_grant(grant), begin(grant)) for grant in node.grants]
    if node.passes:
        clauses.append(Line(f"pass {names(node.passes)}", places.clause(node, "pass")))
    if node.approval is not None:
        clauses.append(Line(_approval(node.approval), places.clause(node, "after approval")))
    clauses += [Line(_escalation(escalation), begin(escalation)) for escalation in node.escalations]
    return clauses


def _grant(node: Grant) -> str:
    where = f" where {written(node.where)}" if node.where is not None else ""
    return f"grant {names(node.scopes)}{where}"


def _approval(node: Approval) -> str:
    within = f" within {duration(node.within)}" if node.within is not None else ""
    return f"after approval by {approver(node.role, node.count, node.of)}{within}"


def _escalation(node: Escalate) -> str:
    line = f"escalate to {node.role.text}"
    if node.on_expiry:
        line += " on expiry"
    if node.when is not None:
        line += f" when {written(node.when)}"
    if node.because is not None:
        line += f" because {quoted(node.because)}"
    return line


def _merge(node: Merge) -> str:
    match node:
        case Merge(count=None):
            return "all"
        case Merge(first=True):
            return "first"
        case Merge(count=1, of=None):
            return "any"
        case Merge(count=count, of=of):
            return f"{count} of {of}"
