"""The shape of a workflow: which way is forward, what runs at once, and what has been written where.

Everything here follows from the routes alone. Routes with `at most` whose target leads back to their source are routes
back; all others, and the way out of each route back, are forward and must not form a circle. Two things are worked out
for every place where something is read:

- `definite`: the steps whose output is there on every path that arrives, by routes back as well. A route has written
  its source, unless it has a trigger. A join has what all its sources have; one that waits for `k` of `n` sources has
  what any `k` of them share.
- `possible`: the steps whose output is there on some path, routes back included.

A route to several targets opens branches that run at once; a join closes them. `branches` says for each node in which
branches of which open routes it lies, so that two nodes run at once exactly when some open route has them in
different branches.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce

from interlock_dsl.syntax.tree import RouteDecl

START = "start"

Names = frozenset[str]
Branch = tuple[int, int]
"""A route to several targets, by its number, and which of its targets."""
Edge = tuple[int, str, str]
"""A route by its number, one of its sources, one of its targets."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A way into a node: a route (by number), or the way out of a route back. `back` ones are no forward edges."""

    route: int
    target: str
    branch: int
    back: bool = False


@dataclass
class Flow:
    """What the routes of one workflow amount to. Nodes are `start`, steps and ends, by name."""

    routes: tuple[RouteDecl, ...]
    steps: Names
    ends: Names
    arrivals: Mapping[str, list[Arrival]]
    order: tuple[str, ...]
    back: Names = frozenset()
    reached: Names = frozenset()
    definite: dict[str, Names] = field(default_factory=dict)
    possible: dict[str, Names] = field(default_factory=dict)
    branches: dict[str, frozenset[Branch]] = field(default_factory=dict)

    def sources(self, route: int) -> tuple[str, ...]:
        """Return the names of the sources of a route."""
        return tuple(source.text for source in self.routes[route].sources)

    def written(self, route: int) -> Names:
        """Return the steps whose output is there whenever this route is considered."""
        return self._after(route, self.definite, every=True)

    def perhaps(self, route: int) -> Names:
        """Return the steps whose output is there on some path on which this route is considered."""
        return self._after(route, self.possible, every=False)

    def _after(self, number: int, known: Mapping[str, Names], *, every: bool) -> Names:
        route = self.routes[number]
        seen = [
            known.get(source, frozenset()) | ({source} & self.steps if route.trigger is None else frozenset())
            for source in self.sources(number)
        ]
        if not every:
            return frozenset().union(*seen)
        needed = len(seen) - merge_count(route) + 1
        return frozenset(name for name in frozenset().union(*seen) if sum(name in names for names in seen) >= needed)

    def branches_after(self, number: int) -> frozenset[Branch]:
        """Return the branches that are open once a route is taken (before its own targets)."""
        arriving = [self.branches.get(source, frozenset()) for source in self.sources(number)]
        every: frozenset[Branch] = frozenset().union(*arriving)
        if len(arriving) < 2:
            return every
        closed = {
            fork
            for fork in {fork for fork, _ in every}
            if {branch for other, branch in every if other == fork} == set(range(len(self.routes[fork].targets)))
            and sum(any(other == fork for other, _ in branches) for branches in arriving) > 1
        }
        return frozenset(branch for branch in every if branch[0] not in closed)

    def at_once(self, left: str, right: str) -> bool:
        """Say whether two nodes run at the same time on some path."""
        return apart(self.branches.get(left, frozenset()), self.branches.get(right, frozenset()))

    def leads(self, source: str) -> Names:
        """Return every node that forward routes lead to from a node, itself included."""
        return reachable(source, self.forward)

    @property
    def forward(self) -> Mapping[str, list[str]]:
        """The targets of each node's forward routes."""
        edges: dict[str, list[str]] = {}
        for target, arrivals in self.arrivals.items():
            for arrival in arrivals:
                if not arrival.back:
                    for source in self.sources(arrival.route):
                        edges.setdefault(source, []).append(target)
        return edges

    @property
    def backward(self) -> Mapping[str, list[str]]:
        """The sources of the forward routes into each node."""
        return {
            target: [s for arrival in arrivals if not arrival.back for s in self.sources(arrival.route)]
            for target, arrivals in self.arrivals.items()
        }


def apart(left: frozenset[Branch], right: frozenset[Branch]) -> bool:
    """Say whether two sets of branches have a route in common, and no branch of it."""
    for fork in {fork for fork, _ in left} & {fork for fork, _ in right}:
        if not {b for f, b in left if f == fork} & {b for f, b in right if f == fork}:
            return True
    return False


def merge_count(route: RouteDecl) -> int:
    """Return how many sources of a route must have arrived."""
    if route.merge is None or route.merge.count is None:
        return len(route.sources)
    return max(1, min(route.merge.count, len(route.sources)))


def reachable(start: str, edges: Mapping[str, Iterable[str]]) -> Names:
    """Return what edges lead to from a node, itself included."""
    seen, waiting = {start}, [start]
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return frozenset(seen)


def flow(routes: tuple[RouteDecl, ...], steps: Iterable[str], ends: Iterable[str]) -> tuple[Flow, tuple[int, ...]]:
    """Work out the shape of a workflow whose routes all have known ends.

    Also returns the numbers of the routes without `at most` that close a circle; they are then taken as routes back,
    so that the rest can still be checked.
    """
    steps, ends = tuple(steps), tuple(ends)
    nodes = (START, *steps, *ends)
    edges = list(_edges(routes))
    circles = _circles(nodes, edges)
    ahead = _targets(edge for edge in edges if edge not in circles)
    bounded = [edge for number, route in enumerate(routes) if route.bound is not None for edge in _own(number, route)]
    back = {edge for edge in bounded if edge[1] in reachable(edge[2], ahead)}
    # Bounded routes that lead back only by way of each other: the last of them, as one walks from `start`, goes back.
    rest = [edge for edge in bounded if edge not in back]
    closing = _circles(nodes, [*(edge for edge in edges if edge not in circles), *rest])
    back |= {edge for edge in closing if edge in rest}
    circles |= closing - back
    arrivals: dict[str, list[Arrival]] = {node: [] for node in nodes}
    for number, route in enumerate(routes):
        for branch, name in enumerate(route.targets):
            target = name.text
            leads_back = any((number, source.text, target) in back | circles for source in route.sources)
            arrivals[target].append(Arrival(number, target, branch, leads_back))
        if route.bound is not None and route.bound.then is not None:
            out = route.bound.then.text
            looping = any((number, source.text, out) in circles for source in route.sources)
            arrivals[out].append(Arrival(number, out, 0, looping))
    found = Flow(routes, frozenset(steps), frozenset(ends), arrivals, ())
    found.order = tuple(_ordered(nodes, found.backward))
    found.back = frozenset(a.target for several in arrivals.values() for a in several if a.back)
    found.reached = reachable(START, found.forward)
    _trace(found)
    return found, tuple(sorted({number for number, _, _ in circles}))


def _edges(routes: Iterable[RouteDecl]) -> Iterator[Edge]:
    """Yield what must lead forward: the edges of routes without a bound, and the ways out of the others."""
    for number, route in enumerate(routes):
        if route.bound is None:
            yield from _own(number, route)
        elif route.bound.then is not None:
            yield from ((number, source.text, route.bound.then.text) for source in route.sources)


def _own(number: int, route: RouteDecl) -> Iterator[Edge]:
    return ((number, source.text, target.text) for source in route.sources for target in route.targets)


def _targets(edges: Iterable[Edge]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for _, source, target in edges:
        found.setdefault(source, []).append(target)
    return found


def _circles(nodes: Iterable[str], edges: Iterable[Edge]) -> set[Edge]:
    """Return the edges that lead back to a node on the way to their source, walking from `start` in written order."""
    outgoing: dict[str, list[Edge]] = {}
    for edge in edges:
        outgoing.setdefault(edge[1], []).append(edge)
    closing: set[Edge] = set()
    done: set[str] = set()
    for root in nodes:
        if root in done:
            continue
        way = {root: iter(outgoing.get(root, ()))}
        while way:
            node = next(reversed(way))
            following = next(way[node], None)
            if following is None:
                done.add(node)
                del way[node]
            elif following[2] in way:
                closing.add(following)
            elif following[2] not in done:
                way[following[2]] = iter(outgoing.get(following[2], ()))
    return closing


def _ordered(nodes: Iterable[str], backward: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield nodes so that each comes after what leads to it."""
    done: set[str] = set()
    for root in nodes:
        way = [(root, iter(backward.get(root, ())))] if root not in done else []
        done.add(root)
        while way:
            node, sources = way[-1]
            source = next((source for source in sources if source not in done), None)
            if source is None:
                yield node
                way.pop()
            else:
                done.add(source)
                way.append((source, iter(backward.get(source, ()))))


def _trace(found: Flow) -> None:
    for node in found.order:
        forward = [a for a in found.arrivals[node] if not a.back and _alive(found, a)]
        found.definite[node] = (
            reduce(frozenset.__and__, (found.written(a.route) for a in forward)) if forward else frozenset()
        )
        found.branches[node] = frozenset().union(*(branches_of(found, arrival) for arrival in forward))
    found.possible.update(dict.fromkeys(found.order, frozenset()))
    changed = True
    while changed:
        changed = False
        for node in found.order:
            alive = [arrival for arrival in found.arrivals[node] if _alive(found, arrival)]
            possible = frozenset().union(*(found.perhaps(arrival.route) for arrival in alive))
            # A route back may come from a step that is reached past what the forward routes have written.
            returning = (found.written(arrival.route) for arrival in alive if arrival.back)
            definite = reduce(frozenset.__and__, returning, found.definite[node])
            changed |= possible != found.possible[node] or definite != found.definite[node]
            found.possible[node], found.definite[node] = possible, definite


def _alive(found: Flow, arrival: Arrival) -> bool:
    return all(source in found.reached for source in found.sources(arrival.route))


def branches_of(found: Flow, arrival: Arrival) -> frozenset[Branch]:
    """Return the branches a node is in when it is arrived at this way."""
    route = found.routes[arrival.route]
    inherited = found.branches_after(arrival.route)
    if len(route.targets) < 2:
        return inherited
    return inherited | {(arrival.route, arrival.branch)}
