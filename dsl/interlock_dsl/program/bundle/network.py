"""The graph of a workflow from a bundle: made of its routes again. Only here does reading a bundle need networkx."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from interlock_dsl.program.bundle.errors import BundleError
from interlock_dsl.program.graph import START, build, forward
from interlock_dsl.program.model import (
    AgentStep,
    AskStep,
    CallStep,
    End,
    EventStep,
    Route,
    RunStep,
    SetStep,
    Step,
    TableStep,
    TimeStep,
    Workflow,
)

if TYPE_CHECKING:
    from networkx import MultiDiGraph

_KINDS: Mapping[type[Step], str] = {
    AgentStep: "agent",
    CallStep: "call",
    AskStep: "ask",
    EventStep: "event",
    TimeStep: "time",
    TableStep: "table",
    SetStep: "set",
    RunStep: "run",
}


def network(steps: Mapping[str, Step], ends: Mapping[str, End], routes: tuple[Route, ...]) -> "MultiDiGraph[str]":
    """Return the graph of routes. Raises `BundleError` where one leads nowhere or a cycle has no bound."""
    from networkx import is_directed_acyclic_graph

    nodes = [(START, "start"), *((name, _KINDS[type(step)]) for name, step in steps.items())]
    nodes += [(name, "end") for name in ends]
    names = {name for name, _ in nodes}
    for route in routes:
        for each in (route, *(() if route.out is None else (route.out,))):
            if not {*each.sources, *each.targets} <= names:
                raise BundleError(f"the route `{each.id}` leads to what is not there")
    if len({route.id for route in routes}) != len(routes):
        raise BundleError("two routes have the same name")
    made = build(nodes, routes)
    if not is_directed_acyclic_graph(forward(made)):
        raise BundleError("the routes of a workflow form a cycle that no bound ends")
    return made


def check_inner(workflows: Mapping[str, Workflow]) -> None:
    """Raise `BundleError` where a step runs a workflow that is not there, or one that runs itself."""
    inner = {
        name: {step.workflow for step in workflow.steps.values() if isinstance(step, RunStep)}
        for name, workflow in workflows.items()
    }
    if not all(names <= workflows.keys() for names in inner.values()):
        raise BundleError("a step runs a workflow that is not there")
    while inner:
        done = {name for name, names in inner.items() if names.isdisjoint(inner)}
        if not done:
            raise BundleError("a workflow runs itself")
        inner = {name: names for name, names in inner.items() if name not in done}
