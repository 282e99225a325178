"""Which edges of a workflow's graph lead back.

A route back has `at most`, and its target leads to its source. All other edges, and the ways out of routes back, lead
forward and must form no cycle; those that close one are found here as well, so that the rest can still be checked.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from networkx import dfs_labeled_edges, strongly_connected_components, topological_sort

from interlock_dsl.analysis.links import Link, link_of
from interlock_dsl.program.graph import Edge, Graph, edges_back, without


@dataclass(frozen=True, slots=True)
class Returning:
    """`edges` lead back. `unbounded` are the routes, and ways out, that do so although nothing bounds them."""

    edges: frozenset[Edge]
    unbounded: tuple[Link, ...]


def returning(graph: Graph) -> Returning:
    """Find the edges of a graph of links that lead back."""
    bounded = edges_back(graph)
    cycles = set(_closing(without(graph, bounded)))
    back = set(_leading_back(bounded, without(graph, bounded | cycles), without(graph, cycles))) if bounded else set()
    # Bounded routes that lead back only by way of each other: the last of them, as one walks from `start`, goes back.
    if rest := bounded - back:
        closing = set(_closing(without(graph, cycles | back)))
        back |= closing & rest
        cycles |= closing - back
    links = {edge: link_of(graph, edge) for edge in back | cycles}
    # A join leads back as a whole.
    edges = frozenset((source, target, key) for (_, target, key), link in links.items() for source in link.sources)
    unbounded = {link.id: link for edge, link in links.items() if edge in cycles}
    return Returning(edges, tuple(sorted(unbounded.values(), key=lambda link: (link.number, link.way_out))))


def _closing(graph: Graph) -> Iterator[Edge]:
    """Yield the edges that lead to a node on the way to their source, walking from `start` in the order written."""
    on_the_way: set[str] = set()
    for source, target, label in dfs_labeled_edges(graph):
        if label == "forward":
            on_the_way.add(target)
        elif label == "reverse":
            on_the_way.discard(target)
        elif target in on_the_way:
            yield from ((source, target, key) for key in graph[source][target])


def _leading_back(edges: Collection[Edge], ahead: Graph, around: Graph) -> Iterator[Edge]:
    """Yield the edges whose target leads to their source in the acyclic graph `ahead`.

    Both ends of such an edge lie in one strongly connected component of the graph `around`, which holds `edges` too.
    Within a component, what a node leads to is a set of bits, so that any number of edges costs one walk.
    """
    component = {node: at for at, nodes in enumerate(strongly_connected_components(around)) for node in nodes}
    asked = [edge for edge in edges if component[edge[0]] == component[edge[1]]]
    wanted = {component[source] for source, _, _ in asked}
    bits: dict[str, int] = {}
    counted: dict[int, int] = {}
    leads: dict[str, int] = {}
    for node in reversed(list(topological_sort(ahead)) if asked else []):
        at = component[node]
        if at not in wanted:
            continue
        bits[node] = reached = 1 << counted.setdefault(at, 0)
        counted[at] += 1
        for target in ahead[node]:
            if component[target] == at:
                reached |= leads[target]
        leads[node] = reached
    for edge in asked:
        if leads[edge[1]] & bits[edge[0]]:
            yield edge
