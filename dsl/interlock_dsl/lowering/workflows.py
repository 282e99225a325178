"""Workflows of the program, with the graph of their compiled routes."""

from collections.abc import Mapping
from types import MappingProxyType

from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    AskStepFacts,
    CallStepFacts,
    EventStepFacts,
    FanOutFacts,
    RouteFacts,
    RunStepFacts,
    SetStepFacts,
    StepFacts,
    TableStepFacts,
    TimeStepFacts,
    WorkflowFacts,
)
from interlock_dsl.lowering.declarations import lower_call, lower_rules, micros
from interlock_dsl.lowering.expressions import compiled, compiled_all, optional
from interlock_dsl.lowering.promises import lower_promise
from interlock_dsl.program import model as program
from interlock_dsl.program.graph import build, kinds
from interlock_dsl.syntax.tree import Approval, BudgetDecl


def lower_workflow(
    facts: WorkflowFacts, agents: Mapping[str, program.Agent], tables: Mapping[str, program.Table]
) -> program.Workflow:
    """Return a workflow."""
    decl = facts.decl
    ends = {
        name: program.End(name, compiled_all(end.values), end.decl.span, end.decl.gives_up)
        for name, end in facts.ends.items()
    }
    return program.Workflow(
        name=decl.name.text,
        parameters=facts.parameters,
        goal=decl.goal or "",
        budget=_budget(decl.budget),
        may=None if decl.may is None else frozenset(scope.text for scope in decl.may),
        steps=MappingProxyType({name: _step(name, step, agents, tables) for name, step in facts.steps.items()}),
        ends=MappingProxyType(ends),
        network=build(kinds(facts.graph), [_route(route) for route in facts.routes]),
        promises=tuple(map(lower_promise, facts.promises)),
        first=frozenset(mode.step.text for mode in decl.first),
        span=decl.span,
        rules=lower_rules(f"workflow {decl.name.text}", facts.rules),
    )


def _budget(decl: BudgetDecl | None) -> program.Budget:
    if decl is None:
        return program.Budget()
    return program.Budget(
        steps=decl.steps,
        tool_calls=decl.tool_calls,
        tokens=decl.tokens,
        cost=None if decl.cost is None else decl.cost.micros,
        currency="usd" if decl.cost is None else decl.cost.currency,
        time=micros(decl.time),
    )


def _step(
    name: str, step: StepFacts, agents: Mapping[str, program.Agent], tables: Mapping[str, program.Table]
) -> program.Step:
    span = step.decl.span
    match step:
        case AgentStepFacts(decl=decl, returns=returns, tools=tools):
            task, within = decl.task or "", micros(decl.within)
            return program.AgentStep(
                name, agents[decl.agent.text], task, returns, tools, span, within, _rows(step.rows)
            )
        case CallStepFacts(decl=decl, call=call):
            return program.CallStep(name, lower_call(call), span, micros(decl.within), _rows(step.rows))
        case AskStepFacts(decl=decl, returns=returns):
            question, within = decl.question or "", micros(decl.within)
            return program.AskStep(name, decl.role.text, question, returns, within, span, _rows(step.rows))
        case EventStepFacts(decl=decl, data=data, where=where):
            return program.EventStep(name, decl.event, data, optional(where), micros(decl.within), span)
        case TimeStepFacts(decl=decl, until=until):
            return program.TimeStep(name, micros(decl.pause), optional(until), span)
        case TableStepFacts(decl=decl, arguments=arguments):
            return program.TableStep(name, tables[decl.table.text], compiled_all(arguments), span, _rows(step.rows))
        case SetStepFacts(values=values):
            return program.SetStep(name, compiled_all(values), span)
        case RunStepFacts(decl=decl, workflow=workflow, arguments=arguments, returns=returns):
            given, within = compiled_all(arguments), micros(decl.within)
            return program.RunStep(name, workflow, given, returns, span, within, _rows(step.rows))


def _rows(facts: FanOutFacts | None) -> program.FanOut | None:
    if facts is None:
        return None
    decl = facts.decl
    return program.FanOut(
        decl.row.text,
        compiled(facts.list),
        facts.element,
        decl.max,
        decl.span,
        decl.width,
        0 if decl.merge is None or decl.merge.count is None else decl.merge.count,
        decl.collects,
    )


def _route(route: RouteFacts) -> program.Route:
    link, decl = route.link, route.link.decl
    bound = None if link.way_out else decl.bound
    return program.Route(
        id=link.id,
        sources=link.sources,
        targets=link.targets,
        span=decl.bound.span if link.way_out and decl.bound is not None else decl.span,
        trigger=decl.trigger,
        when=optional(route.when),
        otherwise=decl.otherwise and not link.way_out,
        grants=tuple(
            program.Grant(frozenset(scope.text for scope in grant.decl.scopes), optional(grant.where), grant.decl.span)
            for grant in route.grants
        ),
        passes=tuple(program.Pass(name.path, name.span) for name in route.passes),
        approval=_approval(route.approval),
        escalations=tuple(
            program.Escalation(
                told.decl.role.text, told.decl.on_expiry, optional(told.when), told.decl.because or "", told.decl.span
            )
            for told in route.escalations
        ),
        bound=None
        if bound is None
        else program.Bound(bound.times, None if bound.then is None else bound.then.text, bound.span, route.discards),
        merge=link.merge,
        out=None if route.out is None else _route(route.out),
        race=link.race,
    )


def _approval(decl: Approval | None) -> program.ApprovalRule | None:
    if decl is None:
        return None
    return program.ApprovalRule(decl.role.text, decl.count, micros(decl.within), decl.span)
