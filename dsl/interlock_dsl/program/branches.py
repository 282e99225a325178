"""Which nodes of a workflow run at the same time.

A route to several targets opens branches that run at once; a join that takes all of them closes them. For each node it
is worked out in which branches of which open forks it lies: a set, as the bits of one integer. Two nodes run at once
exactly when some open fork has them in different branches.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import and_, or_
from typing import cast

from networkx import ancestors, descendants, topological_sort

from interlock_dsl.program.graph import START, Graph, GuardedEdge


@dataclass(frozen=True, slots=True)
class Branches:
    """`of` has the open branches at each node, `opened` the branch that a fork's id and one of its targets open.

    `forks` has, for each bit, the bits of all branches of the fork that it is of.
    """

    of: Mapping[str, int]
    opened: Mapping[tuple[str, str], int]
    forks: Sequence[int]

    def after(self, link: GuardedEdge) -> int:
        """Return the branches that are open once a route is taken, before its own targets."""
        return _after(link, self.of, self.forks)

    def into(self, link: GuardedEdge, target: str) -> int:
        """Return the branches a target is in when it is arrived at by a route."""
        return self.after(link) | self.opened.get((link.id, target), 0)

    def at_once(self, left: str, right: str) -> bool:
        """Say whether two nodes run at the same time on some path."""
        return self.apart(self.of.get(left, 0), self.of.get(right, 0))

    def within(self, name: str, other: str) -> bool:
        """Say whether a node is in the same branches as another, of the forks that are open at the other."""
        mine, theirs = self.of.get(name, 0), self.of.get(other, 0)
        return all(mine & fork == theirs & fork for fork in _forks(theirs, self.forks))

    def beside(self, bits: Mapping[str, int]) -> dict[str, int]:
        """Return, for each node in a branch, the nodes that run at the same time on some path, as the sum of `bits`."""
        inside: dict[int, int] = {}
        forked: dict[int, int] = {}
        for name, branches in self.of.items():
            for fork in _forks(branches, self.forks):
                forked[fork] = forked.get(fork, 0) | bits.get(name, 0)
            for branch in _single(branches):
                inside[branch] = inside.get(branch, 0) | bits.get(name, 0)
        return {
            name: reduce(
                or_,
                [
                    forked[fork] & ~reduce(or_, [inside[branch] for branch in _single(branches & fork)])
                    for fork in _forks(branches, self.forks)
                ],
            )
            for name, branches in self.of.items()
            if branches
        }

    def apart(self, left: int, right: int) -> bool:
        """Say whether two sets of branches have a fork in common, and no branch of it."""
        return any(left & right & fork == 0 and right & fork for fork in _forks(left, self.forks))

    def some_apart(self, several: Sequence[int]) -> bool:
        """Say whether any two of several sets are apart."""
        for fork in _forks(reduce(or_, several) & ~reduce(and_, several), self.forks):
            different = {branches & fork for branches in several} - {0}
            if any(not one & other for one, other in combinations(different, 2)):
                return True
        return False

    def raced(self, several: Sequence[int]) -> int:
        """Return the branches of several sets that compete: those of forks by which some two of the sets are apart."""
        every, found = reduce(or_, several), 0
        for fork in _forks(every, self.forks):
            parts = {branches & fork for branches in several} - {0}
            if any(not one & other for one, other in combinations(parts, 2)):
                found |= every & fork
        return found

    def losing(self, winner: int, raced: int, bits: Mapping[str, int]) -> int:
        """Return the nodes, as the sum of their `bits`, that lie in branches over which the set of a winner has won."""
        lost = raced & ~winner
        return sum(
            bit for name, bit in bits.items() if self.of.get(name, 0) & lost and not self.of[name] & winner & raced
        )

    def all_apart(self, several: Sequence[int]) -> bool:
        """Say whether any two of several sets are apart: a fork that keeps groups apart leaves only pairs within."""
        waiting = [list(several)]
        while waiting:
            group = waiting.pop()
            parts = self._parts(group)
            if parts is not None:
                waiting.extend(part for part in parts if len(part) > 1)
            elif not all(self.apart(one, other) for one, other in combinations(group, 2)):
                return False
        return True

    def _parts(self, group: Sequence[int]) -> list[list[int]] | None:
        """Return a group in parts whose branches of some fork have nothing in common, None where no fork does that."""
        if len(group) < 3:
            return None
        for fork in _forks(reduce(or_, group) & ~reduce(and_, group), self.forks):
            parts: dict[int, list[int]] = {}
            for branches in group:
                parts.setdefault(branches & fork, []).append(branches)
            disjoint = sum(part.bit_count() for part in parts) == reduce(or_, parts).bit_count()
            if 0 not in parts and len(parts) > 1 and disjoint:
                return list(parts.values())
        return None


def trace(graph: Graph, order: Sequence[str], reached: frozenset[str]) -> Branches:
    """Work out the open branches of each node of an acyclic graph."""
    opened: dict[tuple[str, str], int] = {}
    forks: list[int] = []
    for link in _links(graph.edges(data=True)):
        if len(link.targets) > 1:
            opened.update(((link.id, target), 1 << len(forks) + at) for at, target in enumerate(link.targets))
            forks.extend([((1 << len(link.targets)) - 1) << len(forks)] * len(link.targets))
    of = dict.fromkeys(order, 0)
    left: dict[str, int] = {}
    for node in order:
        for link in _links(graph.in_edges(node, data=True)):
            if reached.issuperset(link.sources):
                if link.id not in left:
                    left[link.id] = _after(link, of, forks)
                of[node] |= left[link.id] | opened.get((link.id, node), 0)
    return Branches(of, opened, forks)


def branches_of(graph: Graph) -> Branches:
    """Return the open branches of each node of the acyclic graph of a compiled workflow."""
    return trace(graph, tuple(topological_sort(graph)), frozenset({START, *descendants(graph, START)}))


def leading_to(graph: Graph, nodes: Iterable[str]) -> frozenset[str]:
    """Return some nodes of a graph, and everything that leads to any of them."""
    names = frozenset(nodes)
    return names.union(*(ancestors(graph, name) for name in names))


def _links(edges: Iterable[tuple[str, str, Mapping[str, object]]]) -> list[GuardedEdge]:
    """Return the routes of some edges in the order written, the way out of a route after it."""
    found = sorted((data for _, _, data in edges), key=lambda data: (cast(int, data["number"]), data["way"] == "out"))
    links = [cast(GuardedEdge, data["route"]) for data in found]
    return list({link.id: link for link in links}.values())


def _after(link: GuardedEdge, of: Mapping[str, int], forks: Sequence[int]) -> int:
    arrived = [of.get(source, 0) for source in link.sources]
    every = reduce(or_, arrived)
    if len(arrived) > 1:
        for fork in _forks(every, forks):
            if every & fork == fork and sum(branches & fork != 0 for branches in arrived) > 1:
                every &= ~fork
    return every


def _single(branches: int) -> Iterator[int]:
    """Yield the branches of a set, each as its bit."""
    while branches:
        branch = branches & -branches
        yield branch
        branches ^= branch


def _forks(branches: int, forks: Sequence[int]) -> Iterator[int]:
    """Yield the forks, as the bits of all their branches, that some branches are of."""
    while branches:
        fork = forks[(branches & -branches).bit_length() - 1]
        yield fork
        branches &= ~fork
