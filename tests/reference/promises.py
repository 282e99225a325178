"""What holds of every program that checks clean, read off its compiled form: `check` must have refused any other."""

from collections.abc import Iterator

from interlock_dsl.program.model import CallStep, Program, Route, Workflow


def broken_promises(program: Program) -> list[str]:
    """Return, in words, what a clean program should not hold."""
    return [*_tools(program), *(said for workflow in program.workflows.values() for said in _grants(program, workflow))]


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
            if name in _targets(route):
                granted = frozenset[str]().union(*(grant.scopes for grant in route.grants))
                if not needs <= granted:
                    yield f"{route.id} does not grant what {name} needs"


def _targets(route: Route) -> tuple[str, ...]:
    """Return where a route leads, its way out included: that takes over what the route grants."""
    then = None if route.bound is None else route.bound.then
    return route.targets if then is None else (*route.targets, then)
