"""Clauses of a workflow that could never have an effect: nothing that is written is ignored in silence."""

from interlock_dsl.analysis.checks.form import groups, place
from interlock_dsl.analysis.links import arriving, handed
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.workflows.outline import Outline
from interlock_dsl.analysis.workflows.rows import fan_out
from interlock_dsl.diagnostics.messages import ineffective as say
from interlock_dsl.program.graph import START
from interlock_dsl.syntax.tree import (
    AgentStep,
    AskStep,
    CallStep,
    EventStep,
    Ident,
    RouteDecl,
    RunStep,
    SetStep,
    StepNode,
    TableStep,
    TimeStep,
    WayOut,
)


def check_ineffective(outline: Outline, symbols: Symbols) -> None:
    """Report passed fields that nobody sees, triggers that cannot happen, and an order among routes where is none."""
    if not outline.complete:
        return
    for link in outline.routes:
        for clauses, targets in handed(link.decl):
            _passed(outline, symbols, clauses, targets)
        _trigger(outline, symbols, link.decl)
    _order(outline, symbols)


def _passed(outline: Outline, symbols: Symbols, route: RouteDecl | WayOut, targets: tuple[Ident, ...]) -> None:
    """Fields are for who answers at the target, and for who approves that it begins."""
    if not route.passes:
        return
    steps = [outline.steps.get(target.text) for target in targets]
    if any(isinstance(step, AgentStep | AskStep) for step in steps):
        return
    if route.approval is not None and not all(isinstance(step, CallStep) for step in steps):
        return
    target = targets[0].text
    span = route.passes[0].span.to(route.passes[-1].span)
    taken_back = isinstance(route, RouteDecl) and route.bound is not None and route.bound.backtracks
    symbols.report.add(say.pass_unseen(target, target in outline.ends, span, taken_back))


def _trigger(outline: Outline, symbols: Symbols, route: RouteDecl) -> None:
    if route.trigger is None or len(route.sources) != 1:
        return
    name = route.sources[0].text
    step = outline.steps.get(name)
    if step is not None and not _can_happen(outline, symbols, name, step, route.trigger):
        symbols.report.add(
            say.impossible_trigger(name, _kind(step), route.trigger, place(route), _instead(step, route.trigger))
        )


def _can_happen(outline: Outline, symbols: Symbols, name: str, step: StepNode, trigger: str) -> bool:
    arriving_clauses = [link.clauses for link in arriving(outline.flow.graph, name)]
    approvals = [clauses.approval for clauses in arriving_clauses if clauses.approval is not None]
    in_time = isinstance(step, AskStep | EventStep) and step.within is not None
    rules = [rule for policy in symbols.policies.values() for rule in policy.rules]
    requires = [rule for rule in (*rules, *outline.decl.rules) if rule.kind == "require"]
    rows = fan_out(step)
    collects = rows is not None and rows.collects
    if collects and trigger in ("timeout", "denied", "expiry"):
        return trigger != "timeout" and bool(approvals)
    match trigger:
        case "timeout":
            return isinstance(step, AgentStep | CallStep) or (isinstance(step, RunStep) and step.within is not None)
        case "denied":
            return isinstance(step, CallStep) or bool(approvals) or in_time
        case "expiry":
            called = isinstance(step, CallStep) and any(rule.within is not None for rule in requires)
            return bool(approvals) or in_time or called  # an approval without `within` is reported as such
        case "over budget":
            return outline.decl.budget is not None
        case _:
            return True


def _kind(step: StepNode) -> str:
    match step:
        case AgentStep():
            return "an agent's step"
        case CallStep():
            return "a call"
        case AskStep():
            return "a question"
        case EventStep():
            return "a wait for an event"
        case TimeStep():
            return "a wait for time to pass"
        case TableStep():
            return "a table"
        case SetStep():
            return "a step that sets values"
        case RunStep():
            return "a step that runs a workflow"


def _instead(step: StepNode, trigger: str) -> str | None:
    rows = fan_out(step)
    if rows is not None and rows.collects:
        return "rows that fail are collected: read `failure` of each"
    if isinstance(step, AgentStep | CallStep) and step.within is not None and trigger == "expiry":
        return "a step behind its deadline ends with `on timeout`"
    if isinstance(step, RunStep) and trigger == "timeout":
        return "a workflow that takes too long ends with `on timeout`, if the step has a `within`"
    if isinstance(step, RunStep) and trigger in ("denied", "expiry"):
        return "what is denied inside fails there: the step ends with `on failure`"
    if isinstance(step, AskStep):
        return "a question nobody answers ends with `on expiry`, if it has a `within`"
    if isinstance(step, EventStep):
        return "an event that does not come ends with `on expiry`, if the step has a `within`"
    return None


def _order(outline: Outline, symbols: Symbols) -> None:
    """`routes x first` orders routes that compete: with one route in every group there is nothing to order."""
    competing = groups(link.decl for link in outline.routes)
    ordered = {source for (sources, *_), routes in competing.items() if len(routes) > 1 for source in sources}
    for mode in outline.decl.first:
        known = mode.step.text in outline.steps or mode.step.text == START
        if known and mode.step.text not in ordered:
            symbols.report.add(say.nothing_to_order(mode.step.text, mode.span))
