"""What a route that backtracks discards: the part of a workflow that its target leads to, in the target's branches.

What runs beside the target stays, and so does what comes after a join with it: neither came about by the target alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from networkx import descendants, immediate_dominators

from interlock_dsl.analysis.links import Link, every
from interlock_dsl.program.branches import Branches
from interlock_dsl.program.graph import START, Graph, without


@dataclass(frozen=True, slots=True)
class Part:
    """What a route discards: steps and ends, in the order of the graph.

    `whole`: once they are discarded, none of them has an output, for nothing but backtracking leads to the target
    again. Else outputs that are older than the last visit of the target may be there.
    """

    names: tuple[str, ...]
    whole: bool

    def bits(self, of: Mapping[str, int]) -> int:
        """Return the part as the sum of the bits of its steps."""
        return sum(of.get(name, 0) for name in self.names)


def parts(graph: Graph, forward: Graph, order: Iterable[str], branches: Branches) -> dict[str, Part]:
    """Return the part that each route discards that backtracks, by its id."""
    found: dict[str, Part] = {}
    known: dict[str, Part] = {}
    for link in every(graph):
        if link.backtracks and link.targets[0] in forward:
            target = link.targets[0]
            if target not in known:
                known[target] = _part(graph, forward, tuple(order), branches, target)
            found[link.id] = known[target]
    return found


def _part(graph: Graph, forward: Graph, order: tuple[str, ...], branches: Branches, target: str) -> Part:
    onward = {target, *descendants(forward, target)}
    names = tuple(name for name in order if name in onward and branches.within(name, target))
    back = {(s, t, key) for s, t, key, data in graph.edges(keys=True, data=True) if data["route"].backtracks}
    plain = without(graph, back)
    whole = {target, *descendants(plain, target)}.isdisjoint(plain.predecessors(target))
    return Part(names, whole)


def entered_before(graph: Graph, link: Link) -> bool:
    """Say whether the target of a route was entered on every way to its sources; nothing is said of those without."""
    dominators = immediate_dominators(graph, START)
    return all(_leads_through(dominators, each, link.targets[0]) for each in link.sources if each in dominators)


def _leads_through(dominators: Mapping[str, str | None], source: str, target: str) -> bool:
    at: str | None = source
    while at is not None and at not in (target, START):
        at = dominators.get(at)
    return at == target
