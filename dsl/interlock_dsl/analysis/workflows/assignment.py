"""Definite assignment: which steps have certainly, and which have possibly, given their output at each node.

A dataflow over the graph of links, in topological order until nothing changes. A set of steps is the bits of one
integer, so joining two sets is one operation.

- `definite`: the steps whose output is there on every path that arrives, by routes back as well. A route has written
  its source, unless it has a trigger. A join has what all its sources have; one that waits for `k` of `n` sources has
  what any `k` of them share. (Dominators are not enough: for them one predecessor arrives, also at `merge all`.)
- `possible`: the steps whose output is there on some path, routes back included.

A route that backtracks hands on nothing of what it discards.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_, or_
from types import MappingProxyType

from interlock_dsl.analysis.links import Link, arriving
from interlock_dsl.analysis.workflows.parts import Part
from interlock_dsl.program.graph import Graph


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is written where. `bits` has the bit of each step; sets of steps are sums of such bits."""

    bits: Mapping[str, int]
    definite: Mapping[str, int]
    possible: Mapping[str, int]
    _arrivals: Mapping[str, Sequence[Link]] = field(compare=False, repr=False)
    _gone: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    _without: dict[frozenset[str], "Assignment"] = field(default_factory=dict, compare=False, repr=False)

    def written(self, link: Link) -> int:
        """Return the steps whose output is there whenever this route is considered."""
        return _after(link, self.definite, self.bits, every=True)

    def perhaps(self, link: Link) -> int:
        """Return the steps whose output is there on some path on which this route is considered."""
        return _after(link, self.possible, self.bits, every=False)

    def waiting(self, joins: frozenset[str]) -> "Assignment":
        """Return what would be written where if these joins (the ids of their links) waited for all their sources."""

        def after(link: Link, known: Mapping[str, int]) -> int:
            merge = len(link.sources) if link.id in joins else link.merge
            return _after(replace(link, merge=merge), known, self.bits, every=True)

        definite = _settled(self._arrivals, (1 << len(self.bits)) - 1, and_, after, self._gone)
        return replace(self, definite={**dict.fromkeys(self.definite, 0), **definite}, _without={})

    def without(self, absent: frozenset[str]) -> "Assignment":
        """Return what is written where given that some steps have no output: on the paths on which they wrote none."""
        known = self._without.get(absent)
        if known is None:
            everything = (1 << len(self.bits)) - 1
            # Nothing is at stake on a path that ran such a step: it did not happen, so all may be said of it.
            bits = {**self.bits, **{name: everything for name in absent if name in self.bits}}

            def after(link: Link, written: Mapping[str, int]) -> int:
                # Steps that were discarded have no output either, though they ran: such a path says nothing more.
                return self.written(link) if link.id in self._gone else _after(link, written, bits, every=True)

            definite = _settled(self._arrivals, everything, and_, after, self._gone)
            definite = {**dict.fromkeys(self.definite, 0), **definite}
            known = self._without[absent] = Assignment(bits, definite, self.possible, self._arrivals, self._gone)
        return known


def assign(
    graph: Graph,
    order: Sequence[str],
    reached: frozenset[str],
    steps: Iterable[str],
    parts: Mapping[str, Part] = MappingProxyType({}),
) -> Assignment:
    """Work out what is written where; `order` is topological without the routes back, `parts` are what those discard
    that backtrack.
    """
    bits = {name: 1 << at for at, name in enumerate(steps)}
    arrivals = {
        node: [link for link in arriving(graph, node) if reached.issuperset(link.sources)]
        for node in order
        if node in reached
    }
    # What has been handed back is unknown at first: then everything is definite, and nothing is possible.
    everything = (1 << len(bits)) - 1
    gone = {id: part.bits(bits) for id, part in parts.items()}
    surely = {id: part.bits(bits) for id, part in parts.items() if part.whole}
    definite = _settled(arrivals, everything, and_, lambda link, known: _after(link, known, bits, every=True), gone)
    possible = _settled(arrivals, 0, or_, lambda link, known: _after(link, known, bits, every=False), surely)
    nowhere = dict.fromkeys(order, 0)
    return Assignment(bits, {**nowhere, **definite}, {**nowhere, **possible}, arrivals, gone)


def _settled(
    arrivals: Mapping[str, Sequence[Link]],
    unknown: int,
    meet: Callable[[int, int], int],
    after: Callable[[Link, Mapping[str, int]], int],
    gone: Mapping[str, int],
) -> dict[str, int]:
    """Hand sets along the links in the order of `arrivals` until nothing changes: once, if nothing leads back.

    `gone` is what routes take away, by their ids.
    """
    known = {node: unknown if into else 0 for node, into in arrivals.items()}
    at = {node: position for position, node in enumerate(arrivals)}
    loops = any(at[source] >= at[node] for node, into in arrivals.items() for link in into for source in link.sources)
    changed = True
    while changed:
        changed = False
        handed: dict[str, int] = {}
        for node, into in arrivals.items():
            if not into:
                continue
            for link in into:
                if link.id not in handed:
                    handed[link.id] = after(link, known) & ~gone.get(link.id, 0)
            new = reduce(meet, (handed[link.id] for link in into))
            changed |= loops and new != known[node]
            known[node] = new
    return known


def _after(link: Link, known: Mapping[str, int], bits: Mapping[str, int], *, every: bool) -> int:
    seen = [known[source] | (bits.get(source, 0) if link.writes else 0) for source in link.sources]
    return at_least(len(seen) - link.merge + 1, seen) if every else reduce(or_, seen)


def at_least(count: int, sets: Sequence[int]) -> int:
    """Return what is in at least so many of several sets: a counter for all bits at once, one integer a digit."""
    if count <= 1:
        return reduce(or_, sets)
    if count == len(sets):
        return reduce(and_, sets)
    digits: list[int] = []
    for carried in sets:
        for place, digit in enumerate(digits):
            digits[place], carried = digit ^ carried, digit & carried
        if carried:
            digits.append(carried)
    more, same = 0, reduce(or_, sets)
    for place in range(max(len(digits), count.bit_length()) - 1, -1, -1):
        digit = digits[place] if place < len(digits) else 0
        if count >> place & 1:
            same &= digit
        else:
            more |= same & digit
            same &= ~digit
    return more | same
