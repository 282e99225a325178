"""Routes before their clauses are judged: where they lead, under the ids they have in the program."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interlock_dsl.syntax.tree import Ident, RouteDecl, WayOut

if TYPE_CHECKING:  # a program without workflows needs no networkx
    from interlock_dsl.program.graph import Edge, Graph


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A route whose ends exist. `merge` is how many of its sources must arrive; `way_out` marks a `then -> x`."""

    id: str
    number: int
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    merge: int
    decl: RouteDecl
    out: "Link | None" = None
    way_out: bool = False

    @property
    def bounded(self) -> bool:
        """Whether it may be taken only so many times in a run."""
        return self.decl.bound is not None and not self.way_out

    @property
    def backtracks(self) -> bool:
        """Whether what was done since its target was entered is discarded."""
        return self.decl.bound is not None and self.decl.bound.backtracks and not self.way_out

    @property
    def race(self) -> bool:
        """Whether its sources race: the first that arrives wins, and what the others did is undone."""
        return is_race(self.decl)

    @property
    def clauses(self) -> RouteDecl | WayOut:
        """What it grants, passes, asks and tells: a way out has that of its route, or its own block and only that."""
        own = self.decl.bound.own if self.way_out and self.decl.bound is not None else None
        return self.decl if own is None else own

    @property
    def writes(self) -> bool:
        """Whether the output of its sources is there when it is taken: not after a failure."""
        return self.decl.trigger is None


def links(decls: Iterable[RouteDecl]) -> tuple[Link, ...]:
    """Return the links of routes in the order written.

    An id is `source->target#n`, n counting routes with the same ends from 1; of a join, the sources stand as in the
    first route that has them. The way out of a bound has the id of its route, followed by where it leads.
    """
    counted: dict[str, int] = {}
    order: dict[frozenset[str], tuple[str, ...]] = {}
    found: list[Link] = []
    for number, decl in enumerate(decls):
        names = tuple(source.text for source in decl.sources)
        sources = order.setdefault(frozenset(names), names)
        targets = tuple(target.text for target in decl.targets)
        ends = f"{','.join(sources)}->{','.join(targets)}"
        counted[ends] = counted.get(ends, 0) + 1
        id, merge = f"{ends}#{counted[ends]}", merge_count(decl)
        out = None
        if decl.bound is not None and decl.bound.then is not None:
            then = decl.bound.then.text
            out = Link(f"{id}, then->{then}", number, sources, (then,), merge, decl, way_out=True)
        found.append(Link(id, number, sources, targets, merge, decl, out))
    return tuple(found)


def handed(decl: RouteDecl) -> Iterator[tuple[RouteDecl | WayOut, tuple[Ident, ...]]]:
    """Yield the clauses of a route with the targets they are for, then those of a way out with a block of its own."""
    bound = decl.bound
    out = () if bound is None or bound.then is None else (bound.then,)
    if bound is None or bound.own is None:
        yield decl, (*decl.targets, *out)
    else:
        yield decl, decl.targets
        yield bound.own, out


def merge_count(route: RouteDecl) -> int:
    """Return how many sources of a route must have arrived."""
    if route.merge is None or route.merge.count is None:
        return len(route.sources)
    return max(1, min(route.merge.count, len(route.sources)))


def is_race(route: RouteDecl) -> bool:
    """Return whether the sources of a route race."""
    return route.merge is not None and route.merge.first and len(route.sources) > 1


def link_of(graph: "Graph", edge: "Edge") -> Link:
    """Return the link on an edge."""
    link: Link = graph.edges[edge]["route"]
    return link


def arriving(graph: "Graph", node: str) -> list[Link]:
    """Return the links that lead into a node in the order written."""
    return _in_order(data["route"] for _, _, data in graph.in_edges(node, data=True))


def leaving(graph: "Graph", node: str) -> list[Link]:
    """Return the links that lead out of a node in the order written."""
    return _in_order(data["route"] for _, _, data in graph.out_edges(node, data=True))


def every(graph: "Graph") -> list[Link]:
    """Return all links of a graph in the order written."""
    return _in_order(data["route"] for _, _, data in graph.edges(data=True))


def _in_order(several: Iterable[Link]) -> list[Link]:
    return sorted({link.id: link for link in several}.values(), key=lambda link: (link.number, link.way_out))
