"""The graph of a workflow: what leads where, and under which conditions. Everything after the front reads this.

A node is `start`, a step or an end; its `kind` is `start`, `agent`, `call`, `ask`, `event`, `time`, `table`, `set` or
`end`. There is an edge for each source and each target of a route, keyed by the route's id, so that a join (several
sources) and a fork (several targets) are several edges with one key. An edge has

- `route`: the one object that says everything of the route;
- `number`: the place of the route in the order written, which its way out shares;
- `way`: `forward`, `back` (a route with `at most`), or `out` (where such a route leads once its bound is used up).

The analysis builds it of what it knows of routes before their conditions are judged, lowering of the compiled routes:
the nodes and edges are the same. The forward and the out edges of a compiled workflow form no cycle; `forward` is
the view of them.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Literal, Protocol, Self, TypeAlias, cast

from networkx import MultiDiGraph, freeze, restricted_view

START = "start"

Graph: TypeAlias = "MultiDiGraph[str]"
Way: TypeAlias = Literal["forward", "back", "out"]
Edge: TypeAlias = tuple[str, str, str]
"""Source, target, id of the route."""


class GuardedEdge(Protocol):
    """What the builder asks of a route. `out` is the route taken instead once a bound is used up."""

    @property
    def id(self) -> str:
        """Unique in its workflow."""
        ...

    @property
    def sources(self) -> tuple[str, ...]:
        """The steps it leads from, or `start`."""
        ...

    @property
    def targets(self) -> tuple[str, ...]:
        """The steps and ends it leads to."""
        ...

    @property
    def bounded(self) -> bool:
        """Whether it may be taken only so many times in a run."""
        ...

    @property
    def out(self) -> Self | None:
        """The route that is taken instead once the bound is used up."""
        ...


def build(nodes: Iterable[tuple[str, str]], routes: Iterable[GuardedEdge]) -> Graph:
    """Return the frozen graph of nodes (names with their kinds) and routes in the order written."""
    graph: Graph = MultiDiGraph()
    for name, kind in nodes:
        graph.add_node(name, kind=kind)
    for number, route in enumerate(routes):
        _add(graph, route, number, "back" if route.bounded else "forward")
        if route.out is not None:
            _add(graph, route.out, number, "out")
    frozen: Graph = freeze(graph)
    return frozen


def _add(graph: Graph, route: GuardedEdge, number: int, way: Way) -> None:
    for source in route.sources:
        for target in route.targets:
            graph.add_edge(source, target, key=route.id, route=route, number=number, way=way)


def forward(graph: Graph) -> Graph:
    """Return the view of a graph without its routes back."""
    return without(graph, edges_back(graph))


def edges_back(graph: Graph) -> set[Edge]:
    """Return the edges of the routes with a bound."""
    return {(s, t, key) for s, t, key, data in graph.edges(keys=True, data=True) if data["way"] == "back"}


def without(graph: Graph, edges: Collection[Edge]) -> Graph:
    """Return the view of a graph without some of its edges."""
    return cast(Graph, restricted_view(graph, (), edges))


def kinds(graph: Graph) -> Iterator[tuple[str, str]]:
    """Yield the nodes of a graph with their kinds, `start` first, then steps and ends as they are written."""
    for name, data in graph.nodes(data=True):
        yield name, str(data["kind"])
