"""Which outputs are there where: worked out over a skeleton by plain fixed points, for the generator to aim with.

It need not be exact. What it gets wrong, `check` refuses, and that program is not used.
"""

from collections.abc import Iterable, Mapping

from generated.skeleton import START, Edge, Skeleton

Names = frozenset[str]


class Reach:
    """For each step and end: the steps that have run on every way to it, and those that have on some."""

    def __init__(self, skeleton: Skeleton) -> None:
        self.skeleton = skeleton
        steps = frozenset(skeleton.kinds)
        nodes = [*skeleton.kinds, *skeleton.ends]
        self.always: dict[str, Names] = {START: frozenset(), **dict.fromkeys(nodes, steps)}
        self.sometimes: dict[str, Names] = dict.fromkeys([START, *nodes], frozenset())
        self.into = {node: [edge for edge in skeleton.edges if node in edge.all_targets] for node in nodes}
        self._onward: dict[str, Names] = {}
        self._either: dict[frozenset[str], Names] = {}
        changed = True
        while changed:
            changed = False
            for node, into in self.into.items():
                left = [self.after(edge) - self._gone(edge, node) for edge in into]
                always = frozenset[str].intersection(*left) if into else frozenset[str]()
                sometimes = frozenset[str]().union(*(self.perhaps(edge) - self._gone(edge, node) for edge in into))
                if (always, sometimes) != (self.always[node], self.sometimes[node]):
                    self.always[node], self.sometimes[node], changed = always, sometimes, True

    def _gone(self, edge: Edge, node: str) -> Names:
        """Return the steps whose outputs are discarded when a node is entered by an edge."""
        if not edge.backtracks or node not in edge.targets:
            return frozenset()
        if node not in self._onward:
            found, waiting = {node}, [node]
            while waiting:
                at = waiting.pop()
                for other in self.skeleton.edges:
                    if at in other.sources and not other.times:
                        waiting += [target for target in other.targets if target not in found]
                        found.update(other.targets)
            self._onward[node] = frozenset(found)
        return self._onward[node]

    def after(self, edge: Edge) -> Names:
        """Return the steps that have run whenever an edge is considered."""
        seen = [self.always[source] | self._own(edge, source) for source in edge.sources]
        enough = len(seen) - edge.needed + 1 if len(seen) > 1 else 1
        return frozenset(name for name in _all(seen) if sum(name in names for names in seen) >= enough)

    def perhaps(self, edge: Edge) -> Names:
        """Return the steps that may have run when an edge is considered."""
        return _all(self.sometimes[source] | self._own(edge, source) for source in edge.sources)

    def either(self, one: str, other: str) -> Names:
        """Return the steps and ends that every way to has passed one of two steps."""
        known = self._either.get(frozenset({one, other}))
        if known is not None:
            return known
        covered = dict.fromkeys(self.into, True) | {START: False}
        changed = True
        while changed:
            changed = False
            for node, into in self.into.items():
                if covered[node] and not all(self.passed(edge, covered, one, other) for edge in into):
                    covered[node], changed = False, True
        found = frozenset(node for node, there in covered.items() if there)
        self._either[frozenset({one, other})] = found
        return found

    def passed(self, edge: Edge, covered: Mapping[str, bool], one: str, other: str) -> bool:
        """Say whether one of two steps has run whenever an edge is considered."""
        sure = [covered[source] or bool({one, other} & self._own(edge, source)) for source in edge.sources]
        return sum(sure) >= (len(sure) - edge.needed + 1 if len(sure) > 1 else 1)

    def _own(self, edge: Edge, source: str) -> Names:
        return frozenset({source}) if edge.mode != "on" and source != START else frozenset()


def _all(several: Iterable[Names]) -> Names:
    return frozenset[str]().union(*several)
