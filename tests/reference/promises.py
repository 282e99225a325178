"""What holds of every program that checks clean, read off its compiled form: `check` must have refused any other."""

from collections.abc import Iterable, Iterator

from interlock_dsl.program.model import CallStep, Program, Route, Workflow
from interlock_dsl.syntax.parser import parse
from interlock_dsl.syntax.tree import RouteDecl, WorkflowDecl


def broken_promises(program: Program, text: str) -> list[str]:
    """Return, in words, what a clean program should not hold."""
    broken = list(_tools(program))
    for decl in parse(text, "made.ilk").declarations:
        if isinstance(decl, WorkflowDecl):
            workflow = program.workflows[decl.name.text]
            broken += _grants(program, workflow)
            for written, route in zip(_each(decl.routes), workflow.routes, strict=True):
                broken += _way_out(workflow, written, route)
    return broken


def _each(routes: Iterable[RouteDecl]) -> Iterator[RouteDecl]:
    """Yield what each route of a program is written as: two are, in one, where a step reconciles."""
    for route in routes:
        yield route
        if route.merge is not None and route.merge.reconcile is not None:
            yield route


def _tools(program: Program) -> Iterator[str]:
    for tool in program.tools.values():
        if tool.effect != "read" and not tool.needs:
            yield f"{tool.name} changes the world and needs no scope"
        if tool.retry.times and tool.effect != "read" and tool.idempotency_key is None:
            yield f"{tool.name} is never repeated, and has a retry"
        if tool.effect == "read" and tool.undo is not None:
            yield f"{tool.name} changes nothing, and has an undo"


def _grants(program: Program, workflow: Workflow) -> Iterator[str]:
    for name, step in workflow.steps.items():
        if not isinstance(step, CallStep):
            continue
        needs = program.tools[step.call.tool].needs
        for route in workflow.routes:
            for way in (route, route.out):
                if way is not None and name in way.targets:
                    granted = frozenset[str]().union(*(grant.scopes for grant in way.grants))
                    if not needs <= granted:
                        yield f"{way.id} does not grant what {name} needs"


def _way_out(workflow: Workflow, written: RouteDecl, route: Route) -> Iterator[str]:
    """A way out takes over the clauses of its route, or has those of its own block; an end, what it can use of them."""
    if written.bound is None or written.bound.then is None:
        return
    out = route.out
    if out is None or out.targets != (written.bound.then.text,):
        yield f"{route.id} has lost its way out"
        return
    own = written.bound.own
    source = written if own is None else own
    if (out.approval is None) != (source.approval is None):
        yield f"{out.id}: the approval is not what is written"
    if len([one for one in out.escalations if not one.on_expiry]) != len(
        [one for one in source.escalations if not one.on_expiry]
    ):
        yield f"{out.id}: the escalations are not what is written"
    if out.targets[0] in workflow.ends:
        return
    if [grant.scopes for grant in out.grants] != [
        frozenset(scope.text for scope in grant.scopes) for grant in source.grants
    ]:
        yield f"{out.id}: the grants are not what is written"
    if [one.path for one in out.passes] != [one.path for one in source.passes]:
        yield f"{out.id}: the passed fields are not what is written"
