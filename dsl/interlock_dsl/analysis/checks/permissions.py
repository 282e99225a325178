"""Scopes: what agents may hold, what routes grant, what calls need."""

from interlock_dsl.analysis.checks.form import place
from interlock_dsl.analysis.links import Link, arriving, handed
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.workflows.outline import Outline
from interlock_dsl.diagnostics.messages import permissions as say
from interlock_dsl.diagnostics.messages import workflows as say_inner
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import AgentStep, CallStep, Ident, RunStep, WorkflowDecl


def check_permissions(outline: Outline, symbols: Symbols) -> None:
    """Report grants that are too wide for their target or the workflow, and calls that no grant lets through.

    What is lacking where its name was written wrong is not reported again.
    """
    for link in outline.routes:
        for clauses, written in handed(link.decl):
            targets = [target.text for target in written if target.text in outline.steps]
            for grant in clauses.grants:
                for scope in grant.scopes:
                    if symbols.scope(scope) and scope.text not in symbols.meant_scopes:
                        _granted(outline, symbols, scope, targets)
    for name in outline.steps:
        _needed(outline, symbols, name)


def _granted(outline: Outline, symbols: Symbols, scope: Ident, targets: list[str]) -> None:
    ceiling = outline.decl.may
    if ceiling is not None and scope.text not in {allowed.text for allowed in ceiling}:
        where = ceiling[0].span.to(ceiling[-1].span) if ceiling else outline.decl.name.span
        symbols.report.add(say.widening_workflow(scope.text, outline.decl.name.text, scope.span, where))
    if any(_may_use(outline, symbols, target, scope.text) is not False for target in targets):
        return
    step = outline.steps[targets[0]] if len(targets) == 1 else None
    if isinstance(step, AgentStep):
        agent = symbols.agents[step.agent.text]
        symbols.report.add(say.widening_agent(scope.text, agent.name.text, scope.span, agent.name.span))
    elif outline.complete:
        symbols.report.add(say.widening_targets(scope.text, scope.span))


def _may_use(outline: Outline, symbols: Symbols, target: str, scope: str) -> bool | None:
    """Say whether a step could use a scope; None where that is not known."""
    match outline.steps[target]:
        case AgentStep(agent=name):
            agent = symbols.agents.get(name.text)
            return None if agent is None else scope in {allowed.text for allowed in agent.may}
        case CallStep(call=call):
            tool = symbols.tools.get(call.tool.text)
            return None if tool is None else scope in {needed.text for needed in tool.needs}
        case RunStep(workflow=called):
            inner = symbols.workflows.get(called.text)
            return None if inner is None else scope in granted_inside(inner)
        case _:
            return False


def granted_inside(workflow: WorkflowDecl) -> frozenset[str]:
    """Return the scopes that the routes of a workflow grant: a step that runs it must be granted each of them."""
    handing = (clauses for route in workflow.routes for clauses, _ in handed(route))
    return frozenset(scope.text for clauses in handing for grant in clauses.grants for scope in grant.scopes)


def _needed(outline: Outline, symbols: Symbols, name: str) -> None:
    step = outline.steps[name]
    routes = arriving(outline.flow.graph, name)
    if isinstance(step, AgentStep):
        _shown(outline, symbols, step, routes)
    match step:
        case CallStep(call=call) if call.tool.text in symbols.tools:
            tool = symbols.tools[call.tool.text]
            needed = frozenset(scope.text for scope in tool.needs) - symbols.meant_scopes
            for scopes, route in _lacking(outline, routes, needed):
                symbols.report.add(say.missing_scope(name, tool.name.text, scopes, call.tool.span, route))
        case RunStep(workflow=called) if called.text in symbols.workflows:
            needed = granted_inside(symbols.workflows[called.text]) & symbols.scopes
            for scopes, route in _lacking(outline, routes, needed):
                symbols.report.add(say_inner.not_handed(name, called.text, scopes, called.span, route))
        case _:
            pass


def _lacking(outline: Outline, routes: list[Link], needed: frozenset[str]) -> list[tuple[frozenset[str], Span | None]]:
    """Return the scopes that routes into a step do not grant, each with the route; None where no route does."""
    lacking = [(route, needed - granted(route)) for route in routes if needed - granted(route)]
    if not lacking or not outline.complete:
        return []
    if len(lacking) == len(routes):
        return [(frozenset[str].intersection(*(scopes for _, scopes in lacking)) or lacking[0][1], None)]
    return [(scopes, place(route.decl)) for route, scopes in lacking]


def _shown(outline: Outline, symbols: Symbols, step: AgentStep, routes: list[Link]) -> None:
    """Report tools written for an agent that no route gives the scopes for: it would never be shown them."""
    agent = symbols.agents.get(step.agent.text)
    may = frozenset(scope.text for scope in agent.may) if agent is not None else frozenset[str]()
    for name in step.tools or ():
        tool = symbols.tools.get(name.text)
        if tool is None or not routes or not outline.complete:
            continue
        needed = frozenset(scope.text for scope in tool.needs) - symbols.meant_scopes
        if not needed <= may:
            continue
        if not any(needed <= granted(route) for route in routes):
            lacking = frozenset[str].intersection(*(needed - granted(route) for route in routes)) or needed
            symbols.report.add(say.tool_never_shown(name.text, step.name.text, lacking, name.span))


def granted(route: Link) -> frozenset[str]:
    """Return the scopes that a route, or a way out, grants."""
    return frozenset(scope.text for grant in route.clauses.grants for scope in grant.scopes)
