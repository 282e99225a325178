"""The graph of a workflow's forward routes, and what edges are called in pictures. The one file that knows networkx."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from interlock_dsl.program.model import AgentStep, AskStep, CallStep, Route, SetStep, Step, TableStep, Workflow

if TYPE_CHECKING:
    from networkx import DiGraph

START = "start"
KINDS: Mapping[type[Step], str] = {
    AgentStep: "agent",
    CallStep: "call",
    AskStep: "ask",
    TableStep: "table",
    SetStep: "set",
}


def workflow_graph(workflow: Workflow) -> "DiGraph[str]":
    """Return the immutable, acyclic graph of a workflow: `start`, its steps and its ends.

    A node has a `kind` (`start`, `agent`, `call`, `ask`, `table`, `set`, `end`) and `back`, the routes back that leave
    it. An edge has `routes`, those that lead from one node to the other; a route back is there with its way out.
    """
    from networkx import DiGraph, freeze

    graph: DiGraph[str] = DiGraph()
    graph.add_node(START, kind="start", back=())
    for name, step in workflow.steps.items():
        graph.add_node(name, kind=KINDS[type(step)], back=_back(name, workflow.routes))
    for name in workflow.ends:
        graph.add_node(name, kind="end", back=())
    edges: dict[tuple[str, str], tuple[Route, ...]] = {}
    for route in workflow.routes:
        for target in _targets(route):
            for source in route.sources:
                edges[source, target] = (*edges.get((source, target), ()), route)
    for (source, target), several in edges.items():
        if source in graph and target in graph:
            graph.add_edge(source, target, routes=several)
    frozen: DiGraph[str] = freeze(graph)
    return frozen


def kinds(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Yield the nodes of a workflow's graph with their kinds, `start` first."""
    for name in workflow.graph:
        yield name, str(workflow.graph.nodes[name]["kind"])


def _back(name: str, routes: tuple[Route, ...]) -> tuple[Route, ...]:
    return tuple(route for route in routes if route.bound is not None and name in route.sources)


def _targets(route: Route) -> tuple[str, ...]:
    if route.bound is None:
        return route.targets
    return () if route.bound.then is None else (route.bound.then,)
