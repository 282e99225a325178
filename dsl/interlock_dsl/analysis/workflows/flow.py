"""What the graph of a workflow amounts to: its order, what is reached, what runs at once, what is written."""

from collections.abc import Mapping
from dataclasses import dataclass

from networkx import descendants, topological_sort

from interlock_dsl.analysis.links import Link
from interlock_dsl.analysis.workflows.assignment import Assignment, assign
from interlock_dsl.analysis.workflows.cycles import returning
from interlock_dsl.analysis.workflows.parts import Part, parts
from interlock_dsl.program.branches import Branches, trace
from interlock_dsl.program.graph import START, Edge, Graph, kinds, without


@dataclass(frozen=True, slots=True)
class Flow:
    """The shape of one workflow. `graph` has every link, `forward` those that do not lead back (`back` are the others).

    `unbounded` are links that lead back although nothing bounds them; `order` is topological in `forward`.
    `parts` are what routes discard that backtrack, by their ids.
    """

    graph: Graph
    forward: Graph
    back: frozenset[Edge]
    unbounded: tuple[Link, ...]
    order: tuple[str, ...]
    reached: frozenset[str]
    assigned: Assignment
    branches: Branches
    parts: Mapping[str, Part]

    def leads_back(self, link: Link) -> bool:
        """Say whether a route leads back to any of its targets."""
        return any((link.sources[0], target, link.id) in self.back for target in link.targets)


def flow(graph: Graph) -> Flow:
    """Work out the shape of a workflow from the graph of its links."""
    found = returning(graph)
    forward = without(graph, found.edges)
    order = tuple(topological_sort(forward))
    reached = frozenset({START, *descendants(forward, START)})
    steps = [name for name, kind in kinds(graph) if kind not in (START, "end")]
    branches = trace(forward, order, reached)
    discarded = parts(graph, forward, order, branches)
    return Flow(
        graph=graph,
        forward=forward,
        back=found.edges,
        unbounded=found.unbounded,
        order=order,
        reached=reached,
        assigned=assign(graph, order, reached, steps, discarded),
        branches=branches,
        parts=discarded,
    )
